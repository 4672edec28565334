// The corpus: each message whole, byte by byte, and cut at every boundary.
#include <catch2/catch.hpp>
#include <functional>
#include <set>

#include "message_run.hpp"
#include "support/http_corpus.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::test;

namespace {

const std::filesystem::path folder = FERROTUNNEL_HTTP_CORPUS;

using Run = std::function<MessageOutcome(const Pieces&)>;

// Whether a message is cut at this place: a short one everywhere, a long one near both ends and at some places between.
bool is_cut_at(std::size_t at, std::size_t size) {
    return size < 2'000 || at < 100 || size - at < 100 || at % 997 == 0;
}

void check_facts(const HttpCase& some, const MessageOutcome& outcome) {
    REQUIRE(outcome.expect == some.fact("expect"));
    if (outcome.expect != "accept") {
        return;
    }
    CHECK(escape(outcome.seen) == escape(some.fact("seen")));
    CHECK(escape(outcome.body) == escape(some.fact("body")));
    CHECK(escape(outcome.trailers) == escape(some.fact("trailers")));
    CHECK(escape(outcome.rest) == escape(some.fact("rest")));
    CHECK(outcome.keep_alive == (some.fact("connection", "keep") == "keep"));
    CHECK(outcome.expects_continue == (some.fact("continue", "no") == "yes"));
    CHECK(outcome.switches == (some.fact("switches", "no") == "yes"));
    if (some.has("host")) {
        CHECK(outcome.host == some.fact("host"));
    }
}

void check_cuts(const HttpCase& some, const Run& run) {
    const MessageOutcome at_once = run(whole(some.send));
    check_facts(some, at_once);
    if (some.send.size() < 20'000) {
        CHECK(run(single_bytes(some.send)) == at_once);
    }
    for (std::size_t at = 1; at < some.send.size(); ++at) {
        if (is_cut_at(at, some.send.size()) && !(run(cut_at(some.send, at)) == at_once)) {
            FAIL("another answer when it is cut at " << at);
        }
    }
}

}  // namespace

TEST_CASE("corpus: requests", "[corpus]") {
    for (const HttpCase& some : read_http_corpus(folder, "request_")) {
        INFO(some.file << ": " << some.name);
        check_cuts(some, [](const Pieces& pieces) { return run_request(pieces); });
    }
}

TEST_CASE("corpus: responses", "[corpus]") {
    for (const HttpCase& some : read_http_corpus(folder, "response_")) {
        INFO(some.file << ": " << some.name);
        ResponseAsk ask;
        ask.method = some.fact("to", "GET");
        ask.offer = some.fact("offer");
        ask.visitor = some.fact("visitor", "1.1") == "1.0" ? http::Version::http10 : http::Version::http11;
        check_cuts(some, [&](const Pieces& pieces) { return run_response(pieces, ask); });
        if (some.has("end")) {
            CHECK(run_response(whole(some.send), ask).end == some.fact("end"));
        }
    }
}

TEST_CASE("corpus: it is there, and no two cases have one name", "[corpus]") {
    std::set<std::string> names;
    std::size_t count = 0;
    for (const char* prefix : {"request_", "response_"}) {
        for (const HttpCase& some : read_http_corpus(folder, prefix)) {
            INFO(some.file << ": " << some.name);
            CHECK(names.insert(prefix + some.name).second);
            for (const auto& [key, value] : some.facts) {
                static const std::set<std::string> keys = {"expect",     "seen",     "body", "trailers", "rest",
                                                           "connection", "continue", "host", "to",       "offer",
                                                           "visitor",    "switches", "end",  "edge"};
                CHECK(keys.count(key) == 1);
            }
            ++count;
        }
    }
    CHECK(count >= 250);
}
