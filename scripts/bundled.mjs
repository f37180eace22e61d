/** Packages that are compiled into the page of the control plane: nobody installs them, and every copy has them. */
export const bundled = ['preact', 'uplot'];
