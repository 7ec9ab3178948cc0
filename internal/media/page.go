package media

import (
	"context"
	"os"
	"strconv"
)

// pageNeed is what shows the pages of PDF files.
func pageNeed() need {
	return need{"no thumbnail of the first page was made", []string{"pdftoppm", "gs"}}
}

// firstPage gives the picture of the first page of a PDF file.
func (r *Runner) firstPage(ctx context.Context, in *os.File) (picture []byte, err error) {
	program, path, err := pageNeed().find()
	if err != nil {
		return nil, err
	}
	args := popplerPage()
	if program == "gs" {
		args = ghostscriptPage()
	}
	run := toolRun{program: program, path: path, args: args, input: in, most: maxPicture}
	err = r.withTool(ctx, program, func(limited context.Context) error {
		picture, err = run.run(limited, r.opts)
		return err
	})
	if err == nil && len(picture) == 0 {
		err = run.noPicture()
	}
	return picture, err
}

// popplerPage asks pdftoppm for the first page on its standard output. The size of the picture does not depend on
// that of the page.
func popplerPage() []string {
	return []string{"-q", "-f", "1", "-l", "1", "-singlefile", "-cropbox", "-scale-to", strconv.Itoa(posterEdge),
		"-jpeg", "-jpegopt", "quality=92", toolInput}
}

// ghostscriptPage asks Ghostscript for the same at one pixel per point. It must keep the page in memory, because it
// may write no file.
func ghostscriptPage() []string {
	return []string{"-q", "-dSAFER", "-dBATCH", "-dNOPAUSE", "-dNOPROMPT", "-sDEVICE=jpeg", "-dJPEGQ=92", "-r72",
		"-dUseCropBox", "-dTextAlphaBits=4", "-dGraphicsAlphaBits=4", "-dMaxBitmap=256000000", "-dFirstPage=1", "-dLastPage=1",
		"-sstdout=%stderr", "-sOutputFile=%stdout", toolInput}
}
