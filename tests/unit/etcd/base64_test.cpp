#include "etcd/base64.hpp"

#include <catch2/catch.hpp>

namespace ferrotunnel::etcd {
namespace {

std::string encoded(std::string_view bytes) {
    std::string text;
    append_base64(text, bytes);
    return text;
}

TEST_CASE("base64 is that of RFC 4648, in both directions", "[etcd]") {
    const std::pair<std::string_view, std::string_view> vectors[] = {{"", ""},
                                                                     {"f", "Zg=="},
                                                                     {"fo", "Zm8="},
                                                                     {"foo", "Zm9v"},
                                                                     {"foob", "Zm9vYg=="},
                                                                     {"fooba", "Zm9vYmE="},
                                                                     {"foobar", "Zm9vYmFy"}};
    for (const auto& [bytes, text] : vectors) {
        CHECK(encoded(bytes) == text);
        CHECK(decode_base64(text) == std::string(bytes));
    }
    std::string all;
    for (int byte = 0; byte < 256; ++byte) {
        all.push_back(static_cast<char>(byte));
        CHECK(decode_base64(encoded(all)) == all);
    }
    CHECK(encoded("\xfb\xff") == "+/8=");
}

TEST_CASE("base64 of another form is rejected", "[etcd]") {
    for (const char* text : {"Zg", "Zg=", "Zg===", "Zh==", "Zm9=", "=", "====", "Z===", "Zm9v=", "Zm9vZm9vZ===", "Zm 9",
                             "Zm9-", "_m9v", "Zg==Zg==", "Z=g="}) {
        CAPTURE(text);
        CHECK_FALSE(decode_base64(text));
    }
}

}  // namespace
}  // namespace ferrotunnel::etcd
