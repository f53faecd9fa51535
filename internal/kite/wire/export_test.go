package wire

// Wrap is what stands beside the rows of a page.
type Wrap = wrap
