package pyramid

import (
	"runtime"
	"sync"
)

// tiles packs one level and returns where its tiles stand, row by row. The tiles of a row are packed side by side on
// all processors.
func (f *file) tiles(level source) (offsets, lengths []uint32, err error) {
	width, height := level.size()
	across := (width + Tile - 1) / Tile
	for top := 0; top < height; top += Tile {
		row := make([][]byte, across)
		failed := make([]error, across)
		var work sync.WaitGroup
		next := make(chan int, across)
		for column := range across {
			next <- column
		}
		close(next)
		for range min(across, runtime.GOMAXPROCS(0)) {
			work.Go(func() {
				for column := range next {
					row[column], failed[column] = level.tile(column*Tile, top)
				}
			})
		}
		work.Wait()
		for column, tile := range row {
			if failed[column] != nil {
				return nil, nil, failed[column]
			}
			offsets, lengths = append(offsets, uint32(f.written)), append(lengths, uint32(len(tile)))
			f.add(tile)
		}
		if err := f.tooLong(); err != nil {
			return nil, nil, err
		}
	}
	return offsets, lengths, nil
}
