#include "ingress/http2_answer_body.hpp"

#include <catch2/catch.hpp>
#include <cstring>
#include <deque>
#include <functional>
#include <string_view>

using namespace ferrotunnel;
using namespace ferrotunnel::ingress;

namespace {

using Kind = h2::Supply::Kind;

buffer::Slice slice_of(std::string_view text) {
    const auto size = static_cast<std::uint32_t>(text.size());
    buffer::SlabPtr slab = buffer::make_slab(size);
    std::memcpy(slab->data(), text.data(), size);
    return {std::move(slab), 0, size};
}

// An exchange that gives what it is told to give, piece by piece.
struct Source {
    h2::Supply supply(std::size_t most) {
        return body.supply(most, [this] {
            while (body.wants_piece() && !next.empty()) {
                next.front()();
                next.pop_front();
            }
        });
    }
    std::string take(const h2::Supply& supply) { return std::string(as_text(body.take(supply.size).bytes())); }
    void add(std::string_view text) {
        next.emplace_back([this, text] { body.add(slice_of(text)); });
    }
    void end(std::string_view trailers = {}) {
        next.emplace_back(
            [this, trailers] { body.end(trailers.empty() ? nullptr : std::make_unique<std::string>(trailers)); });
    }
    void fail(std::uint32_t code) {
        next.emplace_back([this, code] { body.fail(code); });
    }

    Http2AnswerBody body;
    std::deque<std::function<void()>> next;
};

}  // namespace

TEST_CASE("The last frame of an answer's body says that it is the last", "[http2_answer_body]") {
    Source answer;
    answer.add("first");
    answer.add("second");
    answer.end();
    h2::Supply supply = answer.supply(100);
    CHECK(supply.size == 5);
    CHECK_FALSE(supply.is_end);
    CHECK(answer.take(supply) == "first");

    supply = answer.supply(4);
    CHECK(supply.size == 4);
    CHECK_FALSE(supply.is_end);
    CHECK(answer.take(supply) == "seco");
    supply = answer.supply(4);
    CHECK(supply.size == 2);
    CHECK(supply.is_end);
    CHECK(answer.take(supply) == "nd");
}

TEST_CASE("An end of an answer that comes late has a frame of its own, with the trailers", "[http2_answer_body]") {
    Source answer;
    answer.add("all");
    h2::Supply supply = answer.supply(100);
    CHECK_FALSE(supply.is_end);
    CHECK(answer.take(supply) == "all");
    CHECK(answer.supply(100).kind == Kind::wait);

    answer.end("0\r\nGrpc-Status: 0\r\n\r\n");
    CHECK(answer.body.wake());
    supply = answer.supply(100);
    CHECK(supply.kind == Kind::bytes);
    CHECK(supply.size == 0);
    CHECK(supply.is_end);
    CHECK(supply.trailers.size() == 1);
    CHECK(answer.take(supply).empty());
}

TEST_CASE("An answer without a piece sleeps until it is woken, once", "[http2_answer_body]") {
    Source answer;
    CHECK_FALSE(answer.body.wake());
    CHECK(answer.supply(100).kind == Kind::wait);
    CHECK(answer.body.wake());
    CHECK_FALSE(answer.body.wake());
    answer.add("piece");
    CHECK(answer.supply(100).size == 5);
    CHECK_FALSE(answer.body.wake());
}

TEST_CASE("What came before an answer broke still goes, and then its stream is reset", "[http2_answer_body]") {
    Source answer;
    answer.add("before");
    answer.fail(NGHTTP2_CANCEL);
    h2::Supply supply = answer.supply(100);
    CHECK(supply.size == 6);
    CHECK_FALSE(supply.is_end);
    CHECK(answer.take(supply) == "before");
    CHECK_FALSE(answer.body.wants_piece());
    supply = answer.supply(100);
    CHECK(supply.kind == Kind::broken);
    CHECK(supply.code == NGHTTP2_CANCEL);
}
