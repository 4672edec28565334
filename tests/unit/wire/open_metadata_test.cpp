#include "wire/open_metadata.hpp"

#include <catch2/catch.hpp>

#include "base/limits.hpp"
#include "wire/cbor.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::wire;

TEST_CASE("what an OPEN says of a visitor comes back", "[wire]") {
    CHECK(encode_open_metadata({}).empty());
    CHECK(read_open_metadata({}) == OpenMetadata());
    const OpenMetadata said{"shop.example.com"};
    const std::vector<std::uint8_t> bytes = encode_open_metadata(said);
    CHECK(bytes.size() == 23);
    CHECK(read_open_metadata(bytes) == said);
    const OpenMetadata longest{std::string(limits::open_host_max, 'a')};
    CHECK(encode_open_metadata(longest).size() <= limits::open_metadata_max);
    CHECK(read_open_metadata(encode_open_metadata(longest)) == longest);
}

TEST_CASE("metadata that cannot be understood says nothing", "[wire]") {
    CHECK(read_open_metadata(Bytes(reinterpret_cast<const std::uint8_t*>("\xff"), 1)) == OpenMetadata());
    const auto with_host = [](auto write) {
        cbor::Writer writer;
        writer.map(2);
        writer.text("later").unsigned_integer(7);
        write(writer.text("host"));
        return read_open_metadata(writer.take()).host;
    };
    CHECK(with_host([](cbor::Writer& writer) { writer.text("a.example.com"); }) == "a.example.com");
    CHECK(with_host([](cbor::Writer& writer) { writer.unsigned_integer(1); }).empty());
    CHECK(with_host([](cbor::Writer& writer) { writer.text("a\nb"); }).empty());
    CHECK(with_host([](cbor::Writer& writer) { writer.text(std::string(limits::open_host_max + 1, 'a')); }).empty());
}
