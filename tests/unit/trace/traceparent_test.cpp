#include "trace/traceparent.hpp"

#include <catch2/catch.hpp>
#include <random>
#include <string>

namespace ferrotunnel::trace {
namespace {

const std::string usual_parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

std::string written(const Traceparent& parent) {
    const Traceparent::Text text = parent.text();
    return {text.data(), text.size()};
}

}  // namespace

TEST_CASE("a traceparent is read and written", "[traceparent]") {
    const auto parent = parse_traceparent(usual_parent);
    REQUIRE(parent);
    CHECK(parent->sampled);
    CHECK(parent->trace.front() == 0x4b);
    CHECK(parent->trace.back() == 0x36);
    CHECK(parent->span.back() == 0xb7);
    CHECK(written(*parent) == usual_parent);
    const auto unsampled = parse_traceparent(usual_parent.substr(0, 53) + "fe");  // flags of later levels
    REQUIRE(unsampled);
    CHECK_FALSE(unsampled->sampled);
    CHECK(written(*unsampled) == usual_parent.substr(0, 53) + "00");
}

TEST_CASE("of later versions it reads what version 00 has", "[traceparent]") {
    const std::string later = "cc" + usual_parent.substr(2);
    REQUIRE(parse_traceparent(later));
    CHECK(written(*parse_traceparent(later)) == usual_parent);
    CHECK(parse_traceparent(later + "-what-the-future-will-be-like"));
    CHECK(parse_traceparent(later + "-"));
    CHECK_FALSE(parse_traceparent(later + ".what"));
}

TEST_CASE("what is not a valid traceparent is none", "[traceparent]") {
    const auto with = [](std::size_t at, const std::string& text) {
        return std::string(usual_parent).replace(at, text.size(), text);
    };
    CHECK_FALSE(parse_traceparent(""));
    CHECK_FALSE(parse_traceparent(usual_parent.substr(0, 54)));
    CHECK_FALSE(parse_traceparent(usual_parent + "0"));
    CHECK_FALSE(parse_traceparent(usual_parent + "-00"));  // version 00 has no more
    CHECK_FALSE(parse_traceparent(with(0, "ff")));
    CHECK_FALSE(parse_traceparent(with(0, "0x")));
    CHECK_FALSE(parse_traceparent(with(2, "_")));
    CHECK_FALSE(parse_traceparent(with(35, "_")));
    CHECK_FALSE(parse_traceparent(with(52, "_")));
    CHECK_FALSE(parse_traceparent(with(3, "4BF9")));
    CHECK_FALSE(parse_traceparent(with(3, std::string(32, '0'))));
    CHECK_FALSE(parse_traceparent(with(36, std::string(16, '0'))));
    CHECK_FALSE(parse_traceparent(with(36, "g")));
    CHECK_FALSE(parse_traceparent(with(53, "0.")));
    CHECK_FALSE(parse_traceparent(" " + usual_parent));
}

TEST_CASE("whatever is taken is written as it was, but for flags of later levels", "[traceparent]") {
    std::mt19937 random(1);
    const std::string bytes = "0123456789abcdefABg-\0 ";
    int taken = 0;
    for (int i = 0; i < 20'000; ++i) {
        std::string text = usual_parent;
        for (auto changes = random() % 3; changes > 0; --changes) {
            text[random() % text.size()] = bytes[random() % bytes.size()];
        }
        text.resize(random() % 8 == 0 ? random() % 60 : text.size());
        if (const auto parent = parse_traceparent(text)) {
            ++taken;
            CHECK(written(*parent).substr(2, 51) == text.substr(2, 51));
            CHECK(parse_traceparent(written(*parent))->span == parent->span);
        }
    }
    CHECK(taken > 1'000);
}

TEST_CASE("the members of a tracestate are counted", "[traceparent]") {
    CHECK(count_tracestate("rojo=00f067aa0ba902b7,congo=t61rcWkgMzE") == 2U);
    CHECK(count_tracestate("") == 0U);
    CHECK(count_tracestate(" a=1 ,\t, b=2 ,") == 2U);
    CHECK(count_tracestate("fw529a3039@dt=FfAAA;x y") == 1U);
    CHECK(count_tracestate("1a-_*/=" + std::string(256, 'v')) == 1U);
    CHECK(count_tracestate(std::string(256, 'k') + "=v") == 1U);
    CHECK_FALSE(count_tracestate(std::string(257, 'k') + "=v"));
    CHECK_FALSE(count_tracestate("a=" + std::string(257, 'v')));
    CHECK_FALSE(count_tracestate("a"));
    CHECK_FALSE(count_tracestate("a="));
    CHECK_FALSE(count_tracestate("=1"));
    CHECK_FALSE(count_tracestate("a=1=2"));
    CHECK_FALSE(count_tracestate("A=1"));
    CHECK_FALSE(count_tracestate("a b=1"));
    CHECK_FALSE(count_tracestate("a=\x7f"));
    CHECK_FALSE(count_tracestate("a=1;b,c"));
}

}  // namespace ferrotunnel::trace
