// The two ends of a visit: who has the key, who has not, and what somebody in between can do.
#include "transport/sealed.hpp"
#include "transport/limits.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <string>
#include <vector>

using namespace ferrotunnel;
using namespace ferrotunnel::transport;
using Catch::Contains;

namespace {

using Key = std::array<std::uint8_t, 32>;
using End = SealContext::End;

Key key_of(std::uint8_t fill) {
    Key key;
    key.fill(fill);
    return key;
}

std::vector<std::uint8_t> taken(Sealed& from) {
    std::vector<std::uint8_t> bytes(from.to_send());
    bytes.resize(from.take(bytes));
    return bytes;
}

struct SealedEnds {
    explicit SealedEnds(const SealContext& visiting, const SealContext& serving)
        : visitor(visiting), service(serving) {}

    void shake_hands() {
        for (int round = 0; round < 4; ++round) {
            (void)visitor.shake_hands(visitor_why);
            service.put(passed(visitor));
            (void)service.shake_hands(service_why);
            visitor.put(passed(service));
        }
    }
    std::vector<std::uint8_t> passed(Sealed& from) {
        std::vector<std::uint8_t> bytes = taken(from);
        seen.insert(seen.end(), bytes.begin(), bytes.end());
        return bytes;
    }
    // What comes out at the other end of what is written here.
    std::string carry(Sealed& from, Sealed& to, std::string_view text) {
        from.write(as_bytes(text));
        to.put(passed(from));
        std::string got(20'000, ' ');
        const Sealed::Got read = to.read({reinterpret_cast<std::uint8_t*>(got.data()), got.size()});
        CHECK_FALSE(read.failed);
        got.resize(read.bytes);
        return got;
    }
    bool has_seen(std::string_view text) const {
        return std::search(seen.begin(), seen.end(), text.begin(), text.end()) != seen.end();
    }

    Sealed visitor;
    Sealed service;
    std::string visitor_why;
    std::string service_why;
    std::vector<std::uint8_t> seen;  // by somebody in between
};

}  // namespace

TEST_CASE("who has the key gets through, and nobody in between reads") {
    const std::string name = "the database of the office";  // long enough never to come up by chance
    const SealContext visiting(End::visitor, key_of(1), name);
    const SealContext serving(End::service, key_of(1), name);
    SealedEnds ends(visiting, serving);
    ends.shake_hands();
    REQUIRE(ends.visitor.state() == Sealed::State::open);
    REQUIRE(ends.service.state() == Sealed::State::open);
    const std::string text(Sealed::plain_max, 's');
    CHECK(ends.carry(ends.visitor, ends.service, text) == text);
    CHECK(ends.carry(ends.service, ends.visitor, "an answer that is long enough") == "an answer that is long enough");
    CHECK_FALSE(ends.has_seen("ssssssss"));
    CHECK_FALSE(ends.has_seen("an answer that"));
    CHECK_FALSE(ends.has_seen(name));

    SECTION("each direction ends by itself") {
        ends.visitor.finish();
        ends.service.put(taken(ends.visitor));
        std::array<std::uint8_t, 16> room;
        CHECK(ends.service.read(room).bytes == 0);
        CHECK(ends.service.peer_has_ended());
        CHECK(ends.carry(ends.service, ends.visitor, "still here") == "still here");
        CHECK_FALSE(ends.visitor.peer_has_ended());
    }
    SECTION("a record that was changed is not taken") {
        ends.visitor.write(as_bytes("order"));
        std::vector<std::uint8_t> bytes = taken(ends.visitor);
        bytes.back() ^= 1;
        ends.service.put(bytes);
        std::array<std::uint8_t, 16> room;
        CHECK(ends.service.read(room).failed);
        CHECK_FALSE(ends.service.peer_has_ended());
    }
    SECTION("a record of the largest size fits one frame") {
        ends.visitor.write(as_bytes(text));
        CHECK(ends.visitor.to_send() <= 16'376);
    }
}

TEST_CASE("another key, or the same for another service, is refused on both ends") {
    const bool other_key = GENERATE(true, false);
    const SealContext visiting(End::visitor, key_of(other_key ? 2 : 1), other_key ? "db" : "web");
    const SealContext serving(End::service, key_of(1), "db");
    SealedEnds ends(visiting, serving);
    ends.shake_hands();
    CHECK(ends.service.state() == Sealed::State::failed);
    CHECK(ends.visitor.state() == Sealed::State::failed);
    CHECK(ends.service_why == "the visitor's key is not the key of this service");
    CHECK_THAT(ends.visitor_why, Contains("rejected the key"));
}

TEST_CASE("what is no visit is told apart from a wrong key") {
    const SealContext serving(End::service, key_of(1), "db");
    Sealed service(serving);
    service.put(as_bytes("GET / HTTP/1.1\r\n\r\n"));
    std::string why;
    CHECK(service.shake_hands(why) == Sealed::State::failed);
    CHECK_THAT(why, Contains("does not start end-to-end encryption"));

    const SealContext visiting(End::visitor, key_of(1), "db");
    Sealed visitor(visiting);
    CHECK(visitor.shake_hands(why) == Sealed::State::handshaking);
    visitor.put(as_bytes("SSH-2.0-OpenSSH_9.2\r\n"));
    CHECK(visitor.shake_hands(why) == Sealed::State::failed);
    CHECK_THAT(why, Contains("the service has no key"));
}

TEST_CASE("handshakes that prove nothing are bounded") {
    const SealContext serving(End::service, key_of(1), "db");
    std::vector<PermitPtr> tickets;
    for (std::uint32_t i = 0; i < limits::visit_handshakes_max; ++i) {
        tickets.push_back(serving.begin_handshake());
        REQUIRE(tickets.back());
    }
    CHECK_FALSE(serving.begin_handshake());
    tickets.pop_back();
    CHECK(serving.begin_handshake());
}
