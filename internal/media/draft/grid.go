package draft

// grid holds the coefficients of one component of a progressive picture that are kept between its scans.
//
// For each block of 64 pixels of the component these are 2, 8 or 32 bytes, and 8 more where scans refine other
// frequencies than the mean value. A picture of 12 million pixels with colours at half the resolution needs 1.8 MiB at
// an eighth of its size, 6.5 MiB at a quarter and 10.8 MiB at a half, and less than half as much for the result.
type grid struct {
	stride, rows int       // blocks, in whole minimum coded units
	across, down int       // blocks that have a part of the picture
	side         int       // as in component
	slot         [64]byte  // place of each frequency among those kept of a block, in zigzag order, or outside
	kept         uint64    // the set of these
	coefficients []int16   // side x side for each block
	remembers    bool      // a scan needs nonzero
	nonzero      []uint64  // for each block the set of frequencies that are not zero so far
	lows         [64]uint8 // for each frequency one more than the last bit that the scans have given; 0 = none came
}

func (d *decoder) newGrid(c *component, side, across, down int) *grid {
	g := &grid{stride: across * c.h, rows: down * c.v, side: side}
	widest, tallest := d.components[0].h, d.components[0].v
	g.across = (d.width*c.h + 8*widest - 1) / (8 * widest)
	g.down = (d.height*c.v + 8*tallest - 1) / (8 * tallest)
	at, _ := place(side)
	for k, p := range at {
		if g.slot[k] = outside; p != outside {
			g.slot[k] = p/maxSide*byte(side) + p%maxSide
			g.kept |= 1 << k
		}
	}
	return g
}

func (g *grid) blocks() int64 { return int64(g.stride) * int64(g.rows) }

// follows notes a scan, if it goes on where those before have stopped in every frequency of its band. Decoders make
// different things of others.
func (g *grid) follows(s *scan) bool {
	for k := s.first; k <= s.last; k++ {
		before := 0
		if s.refines {
			before = s.low + 2
		}
		if int(g.lows[k]) != before {
			return false
		}
		g.lows[k] = uint8(s.low + 1)
	}
	return true
}

func (g *grid) allocate() {
	g.coefficients = make([]int16, g.blocks()*int64(g.side*g.side))
	if g.remembers {
		g.nonzero = make([]uint64, g.blocks())
	}
}

// block is what is kept of one block.
func (g *grid) block(i int) []int16 {
	size := g.side * g.side
	return g.coefficients[i*size : (i+1)*size : (i+1)*size]
}

// fits says whether a coefficient can be kept. Those of samples of 8 bits have 12 bits at most.
func fits(v int32) bool { return v > -1<<15 && v < 1<<15 }

// draw turns the blocks into the pixels of c.
func (g *grid) draw(c *component, quant *[64]int32) {
	var factors [maxSide * maxSide]int32
	for k, at := range c.place {
		if at != outside {
			factors[at] = quant[k]
		}
	}
	for i := range g.stride * g.rows {
		block := g.block(i)
		at := g.side * (i/g.stride*c.stride + i%g.stride)
		var f [maxSide * maxSide]int32
		for row := range g.side {
			for column, v := range block[row*g.side:][:g.side] {
				f[row*maxSide+column] = int32(v) * factors[row*maxSide+column]
			}
		}
		pixels(c.pix[at:], c.stride, g.side, &f)
	}
}
