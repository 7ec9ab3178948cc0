package auth

import (
	"container/list"
	"time"
)

// recent is a table that forgets: it keeps at most size entries, those used
// last, and none longer than life after it was last put. It is not safe for
// concurrent use.
type recent[K comparable, V any] struct {
	size  int
	life  time.Duration
	items map[K]*list.Element
	order *list.List // of *entry[K, V], the one used last in front
}

type entry[K comparable, V any] struct {
	key   K
	value V
	until time.Time
}

func newRecent[K comparable, V any](size int, life time.Duration) *recent[K, V] {
	return &recent[K, V]{size: size, life: life, items: make(map[K]*list.Element), order: list.New()}
}

// look returns the value of a key, and false when it is not there any more.
func (r *recent[K, V]) look(key K, now time.Time) (V, bool) {
	e, ok := r.items[key]
	if !ok {
		var none V
		return none, false
	}
	item := e.Value.(*entry[K, V])
	if !now.Before(item.until) {
		r.drop(key)
		var none V
		return none, false
	}
	r.order.MoveToFront(e)
	return item.value, true
}

// put sets a value and starts its life anew. The entry that was used longest
// ago makes room.
func (r *recent[K, V]) put(key K, value V, now time.Time) {
	r.drop(key)
	for r.order.Len() >= r.size {
		r.drop(r.order.Back().Value.(*entry[K, V]).key)
	}
	r.items[key] = r.order.PushFront(&entry[K, V]{key: key, value: value, until: now.Add(r.life)})
}

// drop forgets a key.
func (r *recent[K, V]) drop(key K) {
	if e, ok := r.items[key]; ok {
		r.order.Remove(e)
		delete(r.items, key)
	}
}
