package nomad

import "sluice/internal/engine"

// partSize is how large the parts of a file are (4.2): what the client wants, within
// what the server takes, and larger when there would be too many of them.
func partSize(contentLength int64, wanted count) int64 {
	const grain = 1 << 20 // sizes that the server chooses are multiples of it
	size := int64(defaultPart)
	if wanted.given && wanted.value > 0 {
		size = wanted.up()
	}
	size = min(max(size, minPartSize), maxPartSize)
	if ceil(contentLength, size) > engine.MostParts {
		size = ceil(ceil(contentLength, engine.MostParts), grain) * grain
	}
	return size
}

func ceil(n, by int64) int64 { return (n + by - 1) / by }
