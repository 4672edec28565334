#include "ingress/websocket_key.hpp"

#include <catch2/catch.hpp>

#include "runtime/system_random.hpp"

namespace ferrotunnel::ingress {

TEST_CASE("websocket key: the example of RFC 6455") {
    CHECK(websocket_accept_of("dGhlIHNhbXBsZSBub25jZQ==") == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
}

TEST_CASE("websocket key: 16 bytes of Base64 that are not the same again") {
    const std::string first = new_websocket_key(&runtime::system_random());
    CHECK(first.size() == 24);
    CHECK(first.ends_with("=="));
    CHECK(first != new_websocket_key(&runtime::system_random()));
    CHECK(new_websocket_key(nullptr) == "AAAAAAAAAAAAAAAAAAAAAA==");
}

}  // namespace ferrotunnel::ingress
