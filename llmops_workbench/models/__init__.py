"""Language models behind one protocol: where they come from, and the engines that run them."""
