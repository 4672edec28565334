#include "cluster/message.hpp"

#include <catch2/catch.hpp>

#include "base/limits.hpp"
#include "unit/cluster/bugs_throw.hpp"
#include "unit/cluster/messages_json.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::cluster;
using test::decode_json;
using test::ordered_json;

namespace {

constexpr Owner json_owner = {{1, 1, 1, 1, 1, 1, 1, 1}, {2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2}};

// A message has exactly these bytes, and they decode to it.
void pin(const Message& message, const ordered_json& json) {
    CAPTURE(json.dump());
    CHECK(encode(message) == ordered_json::to_cbor(json));
    const auto back = decode_json(json);
    REQUIRE(back);
    CHECK(*back == message);
}

Name longest_name() {
    const std::string label(62, 'a');
    const std::string host = "**." + label + '.' + label + '.' + label + '.' + label + ".a";
    return Name::of_host(host.substr(0, ferrotunnel::limits::http_host_text_max),
                         '/' + std::string(cluster::limits::path_max - 1, 'p'));
}

Claim longest_claim() {
    Claim claim{longest_name(), json_owner, cluster::limits::since_max};
    claim.over = cluster::limits::since_max - 1;
    claim.terms = UINT64_MAX;
    claim.provisional = true;
    claim.readiness = Readiness::draining;
    return claim;
}

}  // namespace

TEST_CASE("cluster messages: each has exactly these bytes") {
    Claim claim{Name::of_host("a.example", "/"), json_owner, 1'000};
    claim.over = 999;
    claim.terms = 3;
    claim.provisional = true;
    claim.readiness = Readiness::unhealthy;
    pin(Hello{"b", 7, {"a", "b", "c"}, true, 5, "test/1"}, test::hello_json());
    pin(SyncBegin{}, {{"t", "sync_begin"}});
    pin(SyncEnd{}, {{"t", "sync_end"}});
    pin(Have{"c", {claim, claim}}, test::have_json());
    const Reserved::One one{Name::of_port(80, false), json_owner.token, 60'000};
    pin(Reserved{{one, one}}, test::reserved_json());
    pin(Gone{Name::of_port(53, true), 1'000, 60'000}, test::gone_json());
    pin(ClaimRequest{9, Name::of_port(80, false), json_owner, 3}, test::claim_request_json());
    pin(Cancel{9}, {{"t", "cancel"}, {"request", 9}});
    pin(Granted{9, 1'000, 999}, test::granted_json());
    pin(Value{"kick/1", 1'000, "b", std::string("\x00\xff\x0a", 3), 60'000}, test::value_json());
    pin(Value{"kick/1", 1'000, "b"}, {{"t", "value"}, {"key", "kick/1"}, {"time", 1'000}, {"member", "b"}});
    pin(Refused{9, wire::Code::name_taken, true, "not now"}, test::refused_json());
    pin(Probe{9, Name::of_port(80, false), json_owner}, test::probe_json());
    pin(Probed{9, true}, test::probed_json());
    pin(Lost{Name::of_port(80, false), 1'000}, test::lost_json());
}

TEST_CASE("cluster messages: what is usual is not sent") {
    const auto without = [](ordered_json json, std::initializer_list<const char*> keys) {
        for (const char* key : keys) {
            json.erase(key);
        }
        return json;
    };
    pin(Hello{"b", 7, {"a", "b", "c"}, false, 5, "test/1"}, without(test::hello_json(), {"recovering"}));
    Claim claim{Name::of_host("a.example", "/"), json_owner, 1'000};
    claim.terms = 3;
    const ordered_json usual = without(test::claim_json(), {"over", "provisional", "readiness"});
    pin(Have{{}, {claim}}, {{"t", "have"}, {"claims", ordered_json::array({usual})}});
    pin(Granted{9, 1'000, 0}, without(test::granted_json(), {"over"}));
    pin(Refused{9, wire::Code::name_taken, false, "not now"}, without(test::refused_json(), {"temporary"}));
    pin(Probed{9, false}, without(test::probed_json(), {"answers"}));
}

TEST_CASE("cluster messages: the longest fit") {
    REQUIRE(longest_name().encoded().size() == cluster::limits::name_max);
    const Have have{std::string(cluster::limits::member_name_max, 'c'),
                    std::vector<Claim>(cluster::limits::claims_per_message, longest_claim())};
    const Reserved::One one{longest_name(), json_owner.token, cluster::limits::reservation_milliseconds_max};
    const Reserved reserved{std::vector(cluster::limits::claims_per_message, one)};
    Hello hello{{}, UINT64_MAX, {}, true, UINT64_MAX, std::string(ferrotunnel::limits::agent_text_max, 'a')};
    for (std::size_t i = 0; i < cluster::limits::members_max; ++i) {
        hello.members.emplace_back(cluster::limits::member_name_max, static_cast<char>('a' + i));
    }
    hello.member = hello.members.back();
    const Value value{std::string(cluster::limits::value_key_max, 'k'), cluster::limits::since_max,
                      std::string(cluster::limits::member_name_max, 'c'),
                      std::string(cluster::limits::value_text_max, '\xff'), cluster::limits::value_milliseconds_max};
    for (const Message& message : {Message(have), Message(reserved), Message(hello), Message(value)}) {
        const auto bytes = encode(message);
        CAPTURE(message.index(), bytes.size());
        CHECK(bytes.size() <= cluster::limits::message_max);
        const auto back = decode(bytes);
        REQUIRE(back);
        CHECK(*back == message);
    }
}

TEST_CASE("cluster messages: texts for people are made valid") {
    const std::string text = std::string(cluster::limits::refusal_text_max - 1, 'x') + "\xc3\xbc";
    const auto refused = decode(encode(Refused{1, wire::Code::limit, false, text}));
    REQUIRE(refused);
    CHECK(std::get<Refused>(*refused).text == text.substr(0, cluster::limits::refusal_text_max - 1));
    const auto lines = decode(encode(Refused{1, wire::Code::limit, false, "a\nb\xff"}));
    REQUIRE(lines);
    CHECK(std::get<Refused>(*lines).text == "a?b?");
    const auto hello = decode(encode(Hello{"a", 1, {"a"}, false, 0, "x\n" + std::string(100, 'y')}));
    REQUIRE(hello);
    CHECK(std::get<Hello>(*hello).agent == "x?" + std::string(ferrotunnel::limits::agent_text_max - 2, 'y'));
}

TEST_CASE("cluster messages: values that the receiver would refuse are a bug") {
    const test::BugsThrow throwing;
    const std::vector<Claim> too_many(cluster::limits::claims_per_message + 1, longest_claim());
    CHECK_THROWS_AS(encode(Have{{}, too_many}), BugError);
    CHECK_THROWS_AS(encode(Have{}), BugError);
    CHECK_THROWS_AS(encode(Reserved{}), BugError);
    CHECK_THROWS_AS(encode(Refused{1, wire::Code::none, false, "no"}), BugError);
    CHECK_THROWS_AS(encode(Hello{"a", 1, {"b", "a"}, false, 0, ""}), BugError);
    CHECK_THROWS_AS(encode(Granted{1, 10, 10}), BugError);
}
