package ingest

// TextRun is a piece of text that was found in a page, with its box in pixels of
// the page's image, from the upper left. The content of a derived file of the kind
// DerivedText is a JSON list of them.
type TextRun struct {
	Text  string     `json:"text"`
	Box   Rect       `json:"box"`
	Font  string     `json:"font,omitempty"`
	Size  string     `json:"size,omitempty"` // in points, as text
	Words []TextWord `json:"words,omitempty"`
}

// TextWord is one word of a run.
type TextWord struct {
	Text string `json:"text"`
	Box  Rect   `json:"box"`
}
