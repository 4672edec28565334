// Look-ups of tokens at a source outside: answers, bounds, deadlines, the cache, revocation, and hostile sources.
#include "login/authenticator.hpp"

#include <atomic>
#include <catch2/catch.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "base/mutex.hpp"
#include "support/seeded_random.hpp"
#include "unit/login/peer_at.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::login;
using ferrotunnel::test::peer_at;
using namespace std::chrono_literals;

namespace {

TimePoint authenticator_now{};

TimePoint present() {
    return authenticator_now;
}

/// A source that keeps every reply until the test answers, unless `answer` is set.
struct HeldSource final : TokenSource {
    std::vector<TokenQuery> queries;
    std::vector<TokenReply> replies;
    std::function<void(const TokenQuery&, TokenReply)> answer;

    void look_up(const TokenQuery& query, TokenReply reply) override {
        queries.push_back(query);
        if (answer) {
            answer(query, std::move(reply));
        } else {
            replies.push_back(std::move(reply));
        }
    }
};

struct LookupFixture {
    test::SeededRandom random{52};
    std::shared_ptr<ExternalTokens> tokens = std::make_shared<ExternalTokens>();
    std::shared_ptr<HeldSource> source = std::make_shared<HeldSource>();
    int wakes = 0;
    std::shared_ptr<Authenticator> authenticator;
    std::vector<std::function<void()>> steps;  // of workers
    bool workers_run = true;

    explicit LookupFixture(Authenticator::Settings settings = {}) {
        authenticator_now = TimePoint{} + 1h;
        settings.now = present;
        settings.wake = [this] { ++wakes; };
        authenticator = std::make_shared<Authenticator>(tokens, std::move(settings));
        authenticator->set_source(source);
    }

    Token new_token() { return *parse_token(make_token(random)); }

    /// One login.
    struct Asked {
        std::unique_ptr<Authenticator::Ticket> ticket;
        std::shared_ptr<std::vector<Authenticator::Result>> results =
            std::make_shared<std::vector<Authenticator::Result>>();

        bool is_over() const { return !results->empty(); }
        const Authenticator::Result& result() const {
            REQUIRE(results->size() == 1);
            return results->front();
        }
    };
    Asked ask(const Token& token, const char* from = "192.0.2.1") {
        Asked asked;
        TokenQuery query;
        query.id = token.id;
        query.from = peer_at(from);
        asked.ticket = authenticator->ask(
            query,
            [this](std::function<void()> step) {
                steps.push_back(std::move(step));
                return workers_run;
            },
            [results = asked.results](const Authenticator::Result& result) { results->push_back(result); });
        run();
        return asked;
    }
    void run() {
        while (workers_run && !steps.empty()) {
            const auto step = std::move(steps.front());
            steps.erase(steps.begin());
            step();
        }
    }
    /// The client has proved the token.
    std::shared_ptr<ExternalToken> prove(const Asked& asked) const {
        return tokens->proved(asked.result().token, authenticator_now);
    }
    void pass(Duration time) {
        authenticator_now += time;
        authenticator->tick();
        run();
    }
    static TokenGrant grant(const Token& token, Duration cached_for = {}, Duration stale_for = {}) {
        return {token, "alice", nullptr, cached_for, stale_for};
    }
};

}  // namespace

TEST_CASE("lookup: the source accepts, refuses or fails", "[lookup]") {
    LookupFixture world;
    const Token token = world.new_token();
    const auto accepted = world.ask(token);
    CHECK_FALSE(accepted.is_over());
    CHECK(world.source->queries.front().id == token.id);
    world.source->replies.at(0).accept(LookupFixture::grant(token));
    REQUIRE(accepted.result().token);
    CHECK(accepted.result().failure.empty());
    CHECK(accepted.result().token->token()->name == "alice");
    CHECK(world.tokens->size() == 0);
    CHECK(world.prove(accepted) == accepted.result().token);
    CHECK(world.tokens->used(token.id) == accepted.result().token);

    const auto refused = world.ask(token);
    world.source->replies.at(1).refuse();
    CHECK_FALSE(refused.result().token);
    CHECK(refused.result().failure.empty());

    const auto failed = world.ask(token);
    world.source->replies.at(2).fail("the database is locked");
    CHECK_FALSE(failed.result().token);
    CHECK(failed.result().failure == "the database is locked");
    CHECK(world.authenticator->calls() == 0);
}

TEST_CASE("lookup: without a source a token is unknown", "[lookup]") {
    LookupFixture world;
    world.authenticator->set_source(nullptr);
    CHECK_FALSE(world.authenticator->has_source());
    const auto asked = world.ask(world.new_token());
    CHECK_FALSE(asked.result().token);
    CHECK(asked.result().failure.empty());
}

TEST_CASE("lookup: a call whose source is taken away before it begins fails", "[lookup]") {
    LookupFixture world;
    world.workers_run = true;
    world.source->answer = nullptr;
    const Token token = world.new_token();
    TokenQuery query;
    query.id = token.id;
    query.from = peer_at("192.0.2.1");
    std::string failure;
    const auto ticket = world.authenticator->ask(
        query,
        [&](std::function<void()> step) {
            world.steps.push_back(std::move(step));
            return true;
        },
        [&](const Authenticator::Result& result) { failure = result.failure; });
    world.authenticator->set_source(nullptr);
    world.run();
    CHECK_FALSE(failure.empty());
}

TEST_CASE("lookup: a second answer and an answer through a moved reply do nothing", "[lookup]") {
    LookupFixture world;
    const Token token = world.new_token();
    const auto asked = world.ask(token);
    TokenReply reply = std::move(world.source->replies.at(0));
    CHECK_FALSE(world.source->replies.at(0).is_wanted());
    world.source->replies.at(0).refuse();  // NOLINT(bugprone-use-after-move): it does nothing
    CHECK(reply.is_wanted());
    reply.accept(LookupFixture::grant(token));
    CHECK_FALSE(reply.is_wanted());
    reply.refuse();
    reply.fail("again");
    reply.accept(LookupFixture::grant(world.new_token()));
    CHECK(asked.result().token);
}

TEST_CASE("lookup: a query that is dropped fails, also by an exception of the source", "[lookup]") {
    LookupFixture world;
    const auto dropped = world.ask(world.new_token());
    world.source->replies.clear();
    CHECK_FALSE(dropped.result().failure.empty());
    world.source->answer = [](const TokenQuery&, TokenReply) { throw std::runtime_error("no table"); };
    const auto thrown = world.ask(world.new_token());
    CHECK_FALSE(thrown.result().failure.empty());
    world.source->answer = [](const TokenQuery& query, TokenReply reply) {
        (void)query;
        reply.refuse();
        throw std::runtime_error("after the answer");
    };
    CHECK(world.ask(world.new_token()).result().failure.empty());
    CHECK(world.authenticator->calls() == 0);
}

TEST_CASE("lookup: a secret with another id than the query's fails", "[lookup]") {
    LookupFixture world;
    const auto asked = world.ask(world.new_token());
    world.source->replies.at(0).accept(LookupFixture::grant(world.new_token()));
    CHECK_FALSE(asked.result().token);
    CHECK_FALSE(asked.result().failure.empty());
    CHECK(world.tokens->size() == 0);
}

TEST_CASE("lookup: a login that has no answer by the deadline fails, and a late answer does nothing", "[lookup]") {
    LookupFixture world({.deadline = 5s});
    const Token token = world.new_token();
    const auto asked = world.ask(token);
    CHECK(world.wakes == 1);
    CHECK(world.authenticator->tick() == authenticator_now + 5s);
    world.pass(5s - 1ns);
    CHECK_FALSE(asked.is_over());
    world.pass(1ns);
    CHECK_FALSE(asked.result().failure.empty());
    CHECK(world.authenticator->calls() == 0);
    CHECK_FALSE(world.source->replies.at(0).is_wanted());
    world.source->replies.at(0).accept(LookupFixture::grant(token, 1h));
    CHECK(asked.results->size() == 1);
    CHECK(world.tokens->size() == 0);
    const auto next = world.ask(token);  // whoever drives the deadlines is woken again
    CHECK(world.wakes == 2);
}

TEST_CASE("lookup: calls are bounded in total, and further logins wait in their order", "[lookup]") {
    LookupFixture world({.calls_max = 2, .calls_per_address_max = 2});
    const auto one = world.ask(world.new_token(), "192.0.2.1");
    const auto two = world.ask(world.new_token(), "192.0.2.2");
    const auto three = world.ask(world.new_token(), "192.0.2.3");
    const auto four = world.ask(world.new_token(), "192.0.2.4");
    CHECK(world.source->queries.size() == 2);
    CHECK(world.authenticator->calls() == 2);
    CHECK(world.authenticator->waiting() == 2);
    world.source->replies.at(1).refuse();
    world.run();
    REQUIRE(world.source->queries.size() == 3);
    CHECK(world.source->queries.at(2).from.ip() == "192.0.2.3");
    CHECK(world.authenticator->waiting() == 1);
}

TEST_CASE("lookup: calls of one address are bounded, and do not hold up others", "[lookup]") {
    LookupFixture world({.calls_max = 8, .calls_per_address_max = 2});
    std::vector<LookupFixture::Asked> greedy;
    for (int i = 0; i < 5; ++i) {
        greedy.push_back(world.ask(world.new_token(), i % 2 == 0 ? "2001:db8::1" : "2001:db8::2"));  // one /64
    }
    CHECK(world.authenticator->calls() == 2);
    const auto other = world.ask(world.new_token(), "2001:db8:0:1::1");
    CHECK(world.authenticator->calls() == 3);
    CHECK(world.source->queries.back().from.ip() == "2001:db8:0:1::1");
    world.source->replies.at(0).refuse();
    world.run();
    CHECK(world.authenticator->calls() == 3);
    CHECK(world.authenticator->waiting() == 2);
}

TEST_CASE("lookup: logins that wait are bounded, and the one beyond fails at once", "[lookup]") {
    LookupFixture world({.calls_max = 1, .waiting_max = 3});
    std::vector<LookupFixture::Asked> asked;
    for (int i = 0; i < 4; ++i) {
        asked.push_back(world.ask(world.new_token()));
        CHECK_FALSE(asked.back().is_over());
    }
    CHECK(world.authenticator->waiting() == 3);
    CHECK_FALSE(world.ask(world.new_token()).result().failure.empty());
}

TEST_CASE("lookup: a call whose client has left keeps its place until its deadline", "[lookup]") {
    LookupFixture world({.deadline = 5s, .calls_max = 1, .calls_per_address_max = 1});
    { const auto gone = world.ask(world.new_token()); }
    CHECK(world.authenticator->calls() == 1);
    CHECK_FALSE(world.source->replies.at(0).is_wanted());
    auto waiting = world.ask(world.new_token());
    CHECK(world.authenticator->waiting() == 1);
    {
        const auto also_gone = world.ask(world.new_token());
        CHECK(world.authenticator->waiting() == 2);
    }
    CHECK(world.authenticator->waiting() == 1);
    world.pass(4s);
    const auto late = world.ask(world.new_token());
    world.pass(1s);
    CHECK(world.source->queries.size() == 2);  // the place is free, and the next in order has it
    CHECK_FALSE(waiting.result().failure.empty());
    CHECK_FALSE(late.is_over());
}

TEST_CASE("lookup: a source that never answers costs each login its deadline, and nothing more", "[lookup]") {
    LookupFixture world({.deadline = 1s, .calls_max = 4, .calls_per_address_max = 4, .waiting_max = 64});
    std::vector<LookupFixture::Asked> asked;
    for (int i = 0; i < 64; ++i) {
        asked.push_back(world.ask(world.new_token()));
    }
    world.pass(1s);
    for (const auto& each : asked) {
        CHECK_FALSE(each.result().failure.empty());
    }
    world.pass(1s);
    CHECK(world.authenticator->calls() == 0);
    CHECK(world.authenticator->waiting() == 0);
    CHECK_FALSE(world.authenticator->tick());
    CHECK(world.source->queries.size() == 4);  // nobody waits for the others any more
}

TEST_CASE("lookup: a worker that has stopped frees the places of its calls", "[lookup]") {
    LookupFixture world({.calls_max = 1});
    world.workers_run = false;
    const auto lost = world.ask(world.new_token());
    CHECK(world.authenticator->calls() == 0);
    world.steps.clear();
    world.workers_run = true;
    const auto next = world.ask(world.new_token());
    CHECK(world.authenticator->calls() == 1);
}

TEST_CASE("lookup: a worker that has stopped may drop the last reference to another login", "[lookup]") {
    LookupFixture world;
    auto other = world.ask(world.new_token());
    CHECK(world.source->replies.at(0).is_wanted());
    const auto ask = [&world](std::shared_ptr<Authenticator::Ticket> held) {
        TokenQuery query;
        query.id = world.new_token().id;
        query.from = peer_at("192.0.2.2");
        return world.authenticator->ask(
            query, [](const std::function<void()>&) { return false; },
            [held = std::move(held)](const Authenticator::Result&) {});
    };
    const auto stopped = ask(std::move(other.ticket));
    CHECK_FALSE(world.source->replies.at(0).is_wanted());  // the ticket is gone
    CHECK(world.authenticator->calls() == 1);
}

TEST_CASE("lookup: an answer is lent for the time that the source gives, until it is forgotten", "[lookup][cache]") {
    LookupFixture world;
    const Token token = world.new_token();
    const auto lend = [&] {
        const auto asked = world.ask(token);
        world.source->replies.back().accept(LookupFixture::grant(token, 60s));
        world.prove(asked);
    };
    lend();
    world.pass(60s - 1ns);
    CHECK(world.tokens->lent(token.id, authenticator_now));
    world.pass(1ns);
    CHECK_FALSE(world.tokens->lent(token.id, authenticator_now));
    lend();
    world.tokens->forget(token.id);
    CHECK_FALSE(world.tokens->lent(token.id, authenticator_now));
    lend();
    world.tokens->forget_all();
    CHECK_FALSE(world.tokens->lent(token.id, authenticator_now));
    const auto before = world.ask(token);
    world.tokens->forget(token.id);  // also what is being asked
    world.source->replies.back().accept(LookupFixture::grant(token, 60s));
    world.prove(before);
    CHECK_FALSE(world.tokens->lent(token.id, authenticator_now));
    lend();
    const auto asked = world.ask(token);
    world.source->replies.back().refuse();  // a refusal ends what was lent
    CHECK_FALSE(world.tokens->lent(token.id, authenticator_now));
}

TEST_CASE("lookup: while the source fails, its last answer is used as long as it has said", "[lookup][cache]") {
    LookupFixture world;
    const Token token = world.new_token();
    const auto asked = world.ask(token);
    world.source->replies.back().accept(LookupFixture::grant(token, 10s, 60s));
    world.prove(asked);
    world.pass(70s - 1ns);
    CHECK_FALSE(world.tokens->lent(token.id, authenticator_now));
    const auto stale = world.ask(token);
    world.source->replies.back().fail("away");
    CHECK(stale.result().token);
    CHECK(stale.result().failure == "away");
    world.pass(1ns);
    const auto over = world.ask(token);
    world.source->replies.back().fail("away");
    CHECK_FALSE(over.result().token);
}

TEST_CASE("lookup: a revoked token's sessions see it, and the next login gets another one", "[lookup][revoke]") {
    LookupFixture world;
    const Token token = world.new_token();
    const auto first = world.ask(token);
    world.source->replies.back().accept(LookupFixture::grant(token, 1h, 1h));
    const auto session = world.prove(first);
    CHECK(world.authenticator->revoke(token.id));
    CHECK(session->is_revoked());
    CHECK_FALSE(world.tokens->lent(token.id, authenticator_now, true));
    CHECK_FALSE(world.tokens->has(token.id));
    CHECK_FALSE(world.authenticator->revoke(token.id));
    const auto second = world.ask(token);
    world.source->replies.back().accept(LookupFixture::grant(token));
    CHECK(second.result().token);
    CHECK_FALSE(second.result().token->is_revoked());
    CHECK(session->is_revoked());
}

TEST_CASE("lookup: an answer to a call that was made before the revocation is a failure", "[lookup][revoke]") {
    LookupFixture world({.calls_max = 1});
    const Token token = world.new_token();
    const auto before = world.ask(token);
    const auto waits = world.ask(token);
    world.authenticator->revoke(token.id);
    world.source->replies.at(0).accept(LookupFixture::grant(token, 1h));
    world.run();
    CHECK_FALSE(before.result().token);
    CHECK_FALSE(before.result().failure.empty());
    CHECK_FALSE(world.tokens->has(token.id));
    world.source->replies.at(1).accept(LookupFixture::grant(token));  // its call was made after it
    CHECK(waits.result().token);
}

TEST_CASE("lookup: answers come from any thread, and each login has exactly one result", "[lookup][threads]") {
    const auto tokens = std::make_shared<ExternalTokens>();
    Authenticator::Settings settings{.deadline = 1h, .calls_max = 64, .calls_per_address_max = 64};
    const auto authenticator = std::make_shared<Authenticator>(tokens, settings);
    Mutex mutex;
    std::vector<TokenReply> replies;
    const auto source = std::make_shared<HeldSource>();
    source->answer = [&](const TokenQuery&, TokenReply reply) {
        const MutexLock lock(mutex);
        replies.push_back(std::move(reply));
    };
    authenticator->set_source(source);
    constexpr int logins = 1'000;
    test::SeededRandom random{7};
    const Token token = *parse_token(make_token(random));
    std::atomic<int> results{0};
    std::atomic<bool> is_over{false};
    std::vector<std::thread> threads;
    for (int i = 0; i < 2; ++i) {
        threads.emplace_back([&, i] {
            while (!is_over) {
                std::vector<TokenReply> taken;
                {
                    const MutexLock lock(mutex);
                    taken.swap(replies);
                }
                for (TokenReply& reply : taken) {
                    i == 0 ? reply.accept(LookupFixture::grant(token)) : reply.refuse();
                }
                authenticator->revoke(token.id);
                std::this_thread::yield();
            }
        });
    }
    std::vector<std::unique_ptr<Authenticator::Ticket>> tickets;
    Mutex turn;  // the source of this test has one caller at a time
    for (int i = 0; i < logins; ++i) {
        TokenQuery query;
        query.id = token.id;
        query.from = peer_at("192.0.2.1");
        tickets.push_back(authenticator->ask(
            query,
            [&turn](const std::function<void()>& step) {
                const MutexLock lock(turn);
                step();
                return true;
            },
            [&results](const Authenticator::Result&) { ++results; }));
    }
    while (results < logins) {
        std::this_thread::yield();
    }
    is_over = true;
    for (std::thread& thread : threads) {
        thread.join();
    }
    CHECK(results == logins);
    CHECK(authenticator->calls() == 0);
}
