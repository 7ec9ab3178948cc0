package fsblob

import "os"

// disk is the set of calls whose failure decides about durability. A store
// keeps them as values, so that tests can make each of them fail.
type disk struct {
	sync    func(*os.File) error
	syncDir func(string) error
	reserve func(*os.File, int64) error
	writeAt func(f *os.File, p []byte, offset int64) (int, error)
	vector  func(f *os.File, parts [][]byte, offset int64) error
	back    func(*os.File) error
	punch   func(f *os.File, offset, length int64) error
	rename  func(from, to string) error
}

func realDisk() disk {
	return disk{
		sync:    syncData,
		syncDir: syncDir,
		reserve: reserve,
		writeAt: func(f *os.File, p []byte, offset int64) (int, error) { return f.WriteAt(p, offset) },
		vector:  writeVector,
		back:    writeBack,
		punch:   punch,
		rename:  os.Rename,
	}
}

// syncDir makes the entries of a directory durable.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	return d.Sync()
}
