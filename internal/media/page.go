package media

import (
	"context"
	"os"
	"strconv"
)

// pageNeed is what shows the first page of documents.
func pageNeed() need {
	return need{"no thumbnail of the first page was made", []string{"pdftoppm", "gs"}}
}

// firstPage gives the picture of the first page of a PDF or PostScript file.
func (r *Runner) firstPage(ctx context.Context, in *os.File, portable bool) (held, error) {
	wanted := pageNeed()
	if !portable {
		wanted.tools = []string{"gs"}
	}
	program, path, err := wanted.find()
	if err != nil {
		return held{}, err
	}
	args := popplerPage()
	if program == "gs" {
		args = ghostscriptPage(portable)
	}
	run := toolRun{program: program, path: path, args: args, input: in, most: maxPicture}
	var picture []byte
	err = r.withTool(ctx, program, func(limited context.Context) error {
		picture, err = run.run(limited, r.opts)
		return err
	})
	if err == nil && len(picture) == 0 {
		err = run.noPicture()
	}
	if err != nil {
		return held{}, err
	}
	return inMemory(picture), nil
}

// popplerPage asks pdftoppm for the first page on its standard output. The size of the picture does not depend on
// that of the page.
func popplerPage() []string {
	return []string{"-q", "-f", "1", "-l", "1", "-singlefile", "-cropbox", "-scale-to", strconv.Itoa(posterEdge),
		"-jpeg", "-jpegopt", "quality=92", toolInput}
}

// ghostscriptPage asks Ghostscript for the same at one pixel per point. It must keep the page in memory, because it
// may write no file.
func ghostscriptPage(portable bool) []string {
	box := "-dEPSCrop"
	if portable {
		box = "-dUseCropBox"
	}
	return []string{"-q", "-dSAFER", "-dBATCH", "-dNOPAUSE", "-dNOPROMPT", "-sDEVICE=jpeg", "-dJPEGQ=92", "-r72",
		box, "-dTextAlphaBits=4", "-dGraphicsAlphaBits=4", "-dMaxBitmap=256000000", "-dFirstPage=1", "-dLastPage=1",
		"-sstdout=%stderr", "-sOutputFile=%stdout", toolInput}
}
