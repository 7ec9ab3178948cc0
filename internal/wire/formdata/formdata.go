// Package formdata reads multipart/form-data bodies as a stream, one part after the other.
//
// It promises three things. A part of any size passes through [Part.Read] without being
// copied when the caller's buffer is large: bytes are read from the body straight into that
// buffer and the delimiter is looked for in place. Memory is bounded by the limits and by the
// caller's own buffer, never by the body. In [Tolerant] mode the bodies that upload clients
// really send are understood, in [Strict] mode the ones that RFC 2046 and RFC 7578 describe.
//
// It does not decide which part is the file, does not clean file names for use as paths (see
// [Part.BaseName]), does not limit the length of a part, and does not read the epilogue.
//
// # What Tolerant mode accepts beyond the specifications
//
//   - Line ends of LF. The first delimiter line decides; from then on exactly that line end is
//     taken off before a delimiter, so a CR that belongs to the content stays.
//   - A closing delimiter in the middle. After "--B--" the body goes on when the next text that
//     is not white space is a "Content-…:" header line or another delimiter line.
//   - Anything behind "--B--" on the same line.
//   - Blank lines between a delimiter and its headers, when a Content-Disposition or
//     Content-Type line follows. Never applied to a part that had headers.
//   - A separator line that consists of blanks.
//   - A missing separator line: content starts at the first line that is not `token ":" value`,
//     provided that no blank line follows within Limits.MaxHeaderBytes of the part. When one
//     does follow, the odd line is ignored as a broken header, unless control bytes show that it
//     cannot be one.
//   - A missing final delimiter, if Options.AcceptMissingClose is set and the body ended cleanly.
//   - Unquoted parameter values with any characters, raw ISO-8859-1 bytes, `filename*`, stray
//     quotes, backslashes of Windows paths.
//   - base64 and quoted-printable content, which is decoded.
//
// # Where Strict mode differs from mime/multipart
//
//   - A body that ends inside a header block, or right behind an ordinary delimiter line, is
//     refused. The standard reader reports a clean end and silently drops that part.
//   - Header blocks are limited to Limits.MaxHeaderBytes, blanks behind a delimiter to 1 KiB,
//     boundaries to 256 bytes. Preamble lines have no limit (the standard reader refuses lines
//     over 4 KiB).
//   - quoted-printable content is handed out as it came, as by NextRawPart.
//   - FileName keeps its directories.
package formdata

// Mode says how much the reader forgives.
type Mode int

const (
	// Strict accepts what RFC 2046 and RFC 7578 describe, and LF line ends.
	Strict Mode = iota
	// Tolerant accepts what clients send; the package comment lists it.
	Tolerant
)

// Limits bounds what a client can make the reader hold or do. A zero field means its default.
type Limits struct {
	// MaxParts is the greatest number of parts in a body. Default 1000.
	MaxParts int
	// MaxHeaderBytes is the greatest length of one part's header block in bytes, its separator
	// line included. It is also how far the reader looks ahead for a separator line. Default 8 KiB.
	MaxHeaderBytes int
}

const (
	defaultMaxParts       = 1000
	defaultMaxHeaderBytes = 8 << 10
	// maxBoundaryBytes is well over the 70 of RFC 2046 section 5.1.1.
	maxBoundaryBytes = 256
	// maxPadding is the greatest number of blanks behind a delimiter, in bytes.
	maxPadding = 1 << 10
)

// Options selects the behaviour of a [Reader]. The zero value is strict with default limits.
type Options struct {
	Mode   Mode
	Limits Limits
	// AcceptMissingClose makes a tolerant reader take the last part as complete when the body
	// ended cleanly (io.EOF) without a closing delimiter. Without it, and always in strict mode,
	// that is [ErrMissingClose]. A body that was cut off is never accepted.
	AcceptMissingClose bool
}

func (o Options) withDefaults() Options {
	if o.Limits.MaxParts <= 0 {
		o.Limits.MaxParts = defaultMaxParts
	}
	if o.Limits.MaxHeaderBytes <= 0 {
		o.Limits.MaxHeaderBytes = defaultMaxHeaderBytes
	}
	if o.Mode != Tolerant {
		o.AcceptMissingClose = false
	}
	return o
}
