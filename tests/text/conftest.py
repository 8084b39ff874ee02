from hypothesis import settings

# Tables that are made once, and a busy machine, are no reason to fail.
settings.register_profile("patient", deadline=None)
settings.load_profile("patient")
