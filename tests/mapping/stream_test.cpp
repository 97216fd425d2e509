#include "mapping/stream.hpp"

#include <gtest/gtest.h>

namespace revsync {
namespace {

TEST(TableName, is_written_with_its_schema) {
    EXPECT_EQ(to_string(TableName{"dbo", "tblOrders"}), "dbo.tblOrders");
}

TEST(Mapping, finds_a_stream_by_its_name) {
    Mapping mapping;
    mapping.streams.resize(2);
    mapping.streams[0].name = "notes";
    mapping.streams[1].name = "batches";
    EXPECT_EQ(mapping.find("batches"), &mapping.streams[1]);
    EXPECT_EQ(mapping.find("sets"), nullptr);
}

TEST(Mapping, keeps_streams_of_one_name_apart_by_their_direction) {
    Mapping mapping;
    mapping.streams.resize(3);
    mapping.streams[0].name = mapping.streams[1].name = "notes";
    mapping.streams[0].direction = mapping.streams[2].direction = Direction::forward;
    EXPECT_EQ(mapping.find("notes"), &mapping.streams[1]);
    EXPECT_EQ(mapping.find("notes", Direction::forward), &mapping.streams[0]);
    EXPECT_EQ(mapping.of(Direction::forward), (std::vector<const Stream*>{&mapping.streams[0], &mapping.streams[2]}));
}

TEST(Mapping, knows_who_reads_what_a_forward_stream_fills) {
    Mapping mapping;
    mapping.streams.resize(2);
    mapping.streams[0].direction = Direction::forward;
    mapping.streams[0].source = mapping.streams[1].source = {"public", "aligner_notes"};
    EXPECT_EQ(mapping.reader_of({"public", "aligner_notes"}), &mapping.streams[1]);
    EXPECT_EQ(mapping.reader_of({"public", "work"}), nullptr);
}

}  // namespace
}  // namespace revsync
