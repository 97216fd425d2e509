#!/usr/bin/perl
# log_lines.pl PAGE FOLDER...
#
# Fails when the source in the folders can say a line that the page does not have. Of every line the longest run of fixed words
# between placeholders and punctuation is looked for; lines for debugging are left out.
use strict;
use warnings;
use File::Find;

sub text_of { local (@ARGV, $/) = ($_[0]); return scalar <> }

my $page = text_of(shift);
my @sources;
find(sub { push @sources, $File::Find::name if /\.cpp$/ }, @ARGV);
my ($looked_at, $missing) = (0, 0);
for my $source (@sources) {
    my $text = text_of($source);
    while ($text =~ /(?: logger_?(?:\.|->)(?:info|warning|error)\( | announce\( | return\s(?="⏭) |
                         (?:warnings|remarks)\.(?:push|emplace)_back\(\s*(?:fmt::format\()? )
                     \s*"((?:[^"\\]|\\.)*)"/gx) {
        my $line = $1 =~ s/\\(.)/$1/gr;
        my ($words) = sort { length $b <=> length $a } split /\{[^}]*\}|[:;,]/, $line;
        next unless defined $words && $words =~ /[a-z]{4}/i;
        ++$looked_at;
        $words =~ s/^\s+|\s+$//g;
        next if index($page, $words) >= 0;
        print "not on the page: $words ($source)\n";
        ++$missing;
    }
}
print "$looked_at lines looked for, $missing missing\n";
exit($missing > 0 || $looked_at < 50);
