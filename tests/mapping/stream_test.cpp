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

}  // namespace
}  // namespace revsync
