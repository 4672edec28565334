// Bytes of links: the hello, and the register's messages on their stream.
#include <catch2/catch.hpp>

#include "base/hex.hpp"
#include "cluster/limits.hpp"
#include "peers/link_hello.hpp"
#include "peers/message_stream.hpp"
#include "wire/cbor.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::peers;
using wire::Code;

namespace {

LinkHello dialling(LinkKind kind) {
    LinkHello hello;
    hello.kind = kind;
    return hello;
}

Code fault_of(Bytes message) {
    const auto hello = read_link_hello(message);
    return hello ? Code::none : hello.error().code;
}

std::vector<std::uint8_t> version_and(std::string_view key, std::string_view value) {
    wire::cbor::Writer writer;
    writer.map(2).text("version").unsigned_integer(1).text(key).text(value);
    return writer.take();
}

cluster::Message lost(std::uint64_t since) {
    return cluster::Lost{cluster::Name::of_port(80, false), since};
}

}  // namespace

TEST_CASE("hellos of links have these bytes in every version") {
    CHECK(to_hex(encode_link_hello({})) == "a26776657273696f6e0168666561747572657300");
    CHECK(to_hex(encode_link_hello(dialling(LinkKind::control))) ==
          "a36776657273696f6e01646b696e6467636f6e74726f6c68666561747572657300");
    CHECK(to_hex(encode_link_hello(dialling(LinkKind::call))) ==
          "a36776657273696f6e01646b696e646463616c6c68666561747572657300");
    for (const LinkHello& hello :
         {LinkHello(), dialling(LinkKind::control), dialling(LinkKind::data), dialling(LinkKind::call)}) {
        CHECK(read_link_hello(encode_link_hello(hello)).value() == hello);
    }
}

TEST_CASE("a link's hello: unknown keys are ignored, and faults are found") {
    CHECK(fault_of(version_and("later", "key")) == Code::none);
    CHECK(fault_of(version_and("kind", "mirror")) == Code::unsupported);
    CHECK(fault_of(version_and("features", "many")) == Code::protocol);
    CHECK(fault_of({}) == Code::protocol);
    wire::cbor::Writer number;
    number.unsigned_integer(1);
    CHECK(fault_of(number.take()) == Code::protocol);
    wire::cbor::Writer later;
    later.map(1).text("version").unsigned_integer(2);
    CHECK(fault_of(later.take()) == Code::version);
}

TEST_CASE("messages of the register are read however they are cut") {
    std::vector<std::uint8_t> bytes;
    for (std::uint64_t since = 1; since <= 3; ++since) {
        const auto framed = frame_message(lost(since));
        bytes.insert(bytes.end(), framed.begin(), framed.end());
    }
    for (std::size_t piece = 1; piece <= bytes.size(); ++piece) {
        MessageReader reader;
        std::vector<cluster::Message> read;
        for (std::size_t at = 0; at < bytes.size(); at += piece) {
            Bytes left = Bytes(bytes).subspan(at, std::min(piece, bytes.size() - at));
            while (!left.empty()) {
                auto message = reader.read(left);
                REQUIRE(message);
                if (*message) {
                    read.push_back(**message);
                }
            }
        }
        CHECK(read == std::vector<cluster::Message>{lost(1), lost(2), lost(3)});
    }
}

TEST_CASE("a message of the register with too many bytes is refused before they arrive") {
    std::uint8_t length[4];
    for (const std::size_t size : {std::size_t{0}, cluster::limits::message_max + 1}) {
        store_be<4>(length, size);
        Bytes left(length);
        const auto message = MessageReader().read(left);
        REQUIRE_FALSE(message);
        CHECK(message.error().code == Code::limit);
    }
    store_be<4>(length, cluster::limits::message_max);
    Bytes left(length);
    const auto message = MessageReader().read(left);
    REQUIRE(message);
    CHECK_FALSE(message->has_value());
}
