package modifier

import "sluice/internal/media/fault"

// pieceBytes is the length of all pieces but the last.
const pieceBytes = 1 << 20

// pieces collects a file without ever moving what was written, and puts bytes in at one place.
type pieces struct {
	all     [][]byte
	limit   int64 // 0: none
	written int64 // by the encoder
	at      int64
	insert  []byte
}

// splice puts bytes in as soon as the encoder has written the first at bytes.
func (p *pieces) splice(at int64, insert []byte) { p.at, p.insert = at, insert }

// Write fails with a *fault.Error of class TooLarge when the file would become longer than the limit.
func (p *pieces) Write(b []byte) (int, error) {
	length := len(b)
	if ahead := p.at - p.written; len(p.insert) > 0 && ahead <= int64(length) {
		p.add(b[:ahead])
		p.add(p.insert)
		b, p.insert = b[ahead:], nil
	}
	p.add(b)
	p.written += int64(length)
	if p.limit > 0 && bytesIn(p.all) > p.limit {
		return 0, refuse(fault.TooLarge, "modifier.Encode", "the result has more than %d bytes, the limit", p.limit)
	}
	return length, nil
}

func (p *pieces) add(b []byte) {
	for len(b) > 0 {
		last := len(p.all) - 1
		if last < 0 || len(p.all[last]) == cap(p.all[last]) {
			p.all = append(p.all, make([]byte, 0, pieceBytes))
			last++
		}
		room := p.all[last]
		n := min(len(b), cap(room)-len(room))
		p.all[last] = append(room, b[:n]...)
		b = b[n:]
	}
}

func bytesIn(all [][]byte) int64 {
	if len(all) == 0 {
		return 0
	}
	return int64(len(all)-1)*pieceBytes + int64(len(all[len(all)-1]))
}
