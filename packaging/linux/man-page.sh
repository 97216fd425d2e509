#!/bin/sh
# man-page.sh PROGRAM TEMPLATE
#
# Prints the manual page: the template, with what the program says of itself in the place of the line @HELP@.
set -eu
sed '/^@HELP@$/,$d' "$2"
"$1" --help | sed -e 's/[\\]/\\\\/g' -e 's/-/\\-/g' -e "s/^[.']/\\\\\&&/"
sed '1,/^@HELP@$/d' "$2"
