package wire

// Pagination is what stands with the rows of a page.
type Pagination = pagination
