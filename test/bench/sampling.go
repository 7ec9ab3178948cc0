package main

import (
	"context"
	"fmt"
	"time"
)

// sampler measures single operations at one stock over one connection.
type sampler struct {
	stock   *stock
	conn    *conn
	library library
	door    *scene7
	far     string // cursor of a page late in the listing
	uploads int
	size    int64 // bytes of each measured upload
}

func newSampler(ctx context.Context, s *stock, uploadSize int64) (*sampler, error) {
	m := &sampler{
		stock: s, conn: newConn(s.server.place.addr), library: newLibrary(s.account),
		door: newScene7(s.account, "samples", "samples"), size: uploadSize,
	}
	if err := m.door.open(ctx, m.conn); err != nil {
		return nil, err
	}
	var err error
	m.far, err = s.farCursor(ctx, m.conn)
	return m, err
}

// operation is one thing that is measured at both stocks.
type operation struct {
	name string
	take func(ctx context.Context, m *sampler, sample int) (time.Duration, error)
}

func operations() []operation {
	return []operation{
		{"list, first page", func(ctx context.Context, m *sampler, _ int) (time.Duration, error) { return m.list(ctx, "") }},
		{"list, far page", func(ctx context.Context, m *sampler, _ int) (time.Duration, error) { return m.list(ctx, m.far) }},
		{"search by name", func(ctx context.Context, m *sampler, i int) (time.Duration, error) { return m.search(ctx, i) }},
		{"one upload", func(ctx context.Context, m *sampler, _ int) (time.Duration, error) { return m.upload(ctx) }},
	}
}

// sampleInTurn measures each operation at the small and the large stock in
// turn. The first sample of each warms up and is dropped.
func sampleInTurn(ctx context.Context, small, large *stock, samples int, uploadSize int64) ([]libraryOperation, error) {
	var samplers [2]*sampler
	for i, s := range []*stock{small, large} {
		m, err := newSampler(ctx, s, uploadSize)
		if err != nil {
			return nil, err
		}
		defer m.conn.close()
		samplers[i] = m
	}
	var results []libraryOperation
	for _, op := range operations() {
		r := libraryOperation{Name: op.name}
		for i := range samples + 1 {
			for j, values := range []*[]float64{&r.Small, &r.Large} {
				took, err := op.take(ctx, samplers[j], i)
				if err != nil {
					return nil, fmt.Errorf("%s: %w", op.name, err)
				}
				if i > 0 {
					*values = append(*values, took.Seconds()*1e3)
				}
			}
		}
		results = append(results, r)
	}
	for _, m := range samplers {
		if err := m.door.close(ctx, m.conn); err != nil {
			return nil, err
		}
	}
	return results, nil
}

// list times one page and checks that it holds something.
func (m *sampler) list(ctx context.Context, after string) (time.Duration, error) {
	p, took, err := m.page(ctx, m.library.listRequest(pageLimit, after))
	if err == nil && len(p.Items) == 0 {
		err = fmt.Errorf("the page after %q is empty", after)
	}
	return took, err
}

// search times the look-up of one file name; samples spread over the library.
func (m *sampler) search(ctx context.Context, sample int) (time.Duration, error) {
	name := m.stock.asset(sample * 7919 % m.stock.count).name
	p, took, err := m.page(ctx, m.library.searchRequest(name))
	if err != nil {
		return 0, err
	}
	_, err = p.only(name)
	return took, err
}

// page times the exchange only, not the reading of its JSON.
func (m *sampler) page(ctx context.Context, r request) (assetPage, time.Duration, error) {
	start := time.Now()
	a, err := m.conn.do(ctx, r)
	took := time.Since(start)
	if err != nil {
		return assetPage{}, 0, err
	}
	p, err := parsePage(a)
	return p, took, err
}

// upload times one upload of a new file.
func (m *sampler) upload(ctx context.Context) (time.Duration, error) {
	m.uploads++
	o := object{
		corpus: m.stock.corpus, name: fmt.Sprintf("sample-%d.zip", m.uploads),
		number: uint64(m.stock.count + m.uploads), size: m.size,
	}
	start := time.Now()
	err := m.door.put(ctx, m.conn, o)
	return time.Since(start), err
}
