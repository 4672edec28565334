// Clients whose tokens are looked up, with real sessions: who gets in, what revocation ends, resuming, and ten thousand
// logins at a source that is slow, throws, never answers, answers twice or is revoked in between.
#include <array>
#include <atomic>
#include <catch2/catch.hpp>
#include <map>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "support/load.hpp"
#include "unit/session/server_rig.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::session;
using namespace ferrotunnel::session::test;
using wire::Code;
using namespace std::chrono_literals;

namespace {

constexpr std::uint64_t resumable = wire::feature::announced | wire::feature::resume;

/// What a source does with a query.
enum class Conduct : std::uint8_t {
    accepts,
    refuses,
    throws,
    drops,
    never_answers,
    answers_twice,
    answers_late,
    revokes
};
constexpr std::size_t conducts = 8;

/// Users by the ids of their tokens. Late answers come from a thread of its own.
class UserSource final : public login::TokenSource {
public:
    explicit UserSource(std::weak_ptr<login::Authenticator> authenticator)
        : authenticator_(std::move(authenticator)), late_([this] { answer_late(); }) {}
    ~UserSource() override {
        is_over_ = true;
        late_.join();
    }

    void add(const login::Token& token, Conduct conduct = Conduct::accepts, Duration cached_for = {}) {
        const MutexLock lock(mutex_);
        users_.insert_or_assign(token.id, User{token, conduct, cached_for});
    }
    void remove(const login::Token& token) {
        const MutexLock lock(mutex_);
        users_.erase(token.id);
    }
    std::size_t asked() const { return asked_; }
    login::TokenQuery last() const {
        const MutexLock lock(mutex_);
        return last_;
    }
    /// The thread that has asked last.
    std::thread::id asked_by() const {
        const MutexLock lock(mutex_);
        return asked_by_;
    }

    void look_up(const login::TokenQuery& query, login::TokenReply reply) override {
        ++asked_;
        std::optional<User> user;
        {
            const MutexLock lock(mutex_);
            last_ = query;
            asked_by_ = std::this_thread::get_id();
            if (const auto known = users_.find(query.id); known != users_.end()) {
                user = known->second;
            }
        }
        if (!user) {
            reply.refuse();
            return;
        }
        answer(*user, std::move(reply));
    }

private:
    struct User {
        login::Token token;
        Conduct conduct;
        Duration cached_for;
    };

    static login::TokenGrant grant(const User& user) { return {user.token, "user", nullptr, user.cached_for}; }

    void answer(const User& user, login::TokenReply reply) {
        switch (user.conduct) {
            case Conduct::accepts:
                reply.accept(grant(user));
                return;
            case Conduct::refuses:
                reply.refuse();
                return;
            case Conduct::throws:
                throw std::runtime_error("the database is locked");
            case Conduct::drops:
                return;
            case Conduct::never_answers: {
                const MutexLock lock(mutex_);
                kept_.push_back(std::move(reply));
                return;
            }
            case Conduct::answers_twice:
                reply.accept(grant(user));
                reply.refuse();
                reply.accept(grant(user));
                return;
            case Conduct::answers_late: {
                const MutexLock lock(mutex_);
                late_replies_.emplace_back(std::move(reply), user);
                return;
            }
            case Conduct::revokes:
                if (const auto authenticator = authenticator_.lock()) {
                    authenticator->revoke(user.token.id);
                }
                reply.accept(grant(user));
                return;
        }
    }
    void answer_late() {
        while (!is_over_) {
            std::vector<std::pair<login::TokenReply, User>> replies;
            {
                const MutexLock lock(mutex_);
                replies.swap(late_replies_);
            }
            for (auto& [reply, user] : replies) {
                reply.accept(grant(user));
            }
            std::this_thread::yield();
        }
    }

    const std::weak_ptr<login::Authenticator> authenticator_;
    std::atomic<std::size_t> asked_{0};
    std::atomic<bool> is_over_{false};
    mutable Mutex mutex_;
    std::map<login::TokenId, User> users_ GUARDED_BY(mutex_);
    login::TokenQuery last_ GUARDED_BY(mutex_);
    std::thread::id asked_by_ GUARDED_BY(mutex_);
    std::vector<login::TokenReply> kept_ GUARDED_BY(mutex_);
    std::vector<std::pair<login::TokenReply, User>> late_replies_ GUARDED_BY(mutex_);
    std::thread late_;  // last: it uses the others
};

/// A server without a table of tokens.
struct LookupRig : ServerRig {
    explicit LookupRig(login::Authenticator::Settings settings = {}) {
        shared->tokens = std::make_shared<const std::vector<login::AcceptedToken>>();
        shared->authenticator = std::make_shared<login::Authenticator>(shared->tokens.external(), std::move(settings));
        shared->registry->set_rules(std::make_shared<const directory::RightRules>(
            std::vector<login::AcceptedToken>(), std::string_view(), shared->tokens.external()));
        shared->mux.resume = 30s;
        source = std::make_shared<UserSource>(shared->authenticator);
        shared->authenticator->set_source(source);
    }
    ~LookupRig() {
        stop();
        shared->authenticator->set_source(nullptr);
    }

    WireClient connect_as(const login::Token& with) {
        auto [near, far] = transport::test::tcp_pair();
        on(worker, [&, socket = std::make_shared<runtime::Fd>(std::move(near))] {
            const auto from = runtime::peer_address(socket->get());
            sessions.push_back(std::make_shared<ServerSession>(worker, from, shared,
                                                               ServerSession::Callbacks{{}, [this] { ++ended; }}));
            sessions.back()->start(std::move(*socket));
        });
        return {std::move(far), with, Caller{}};
    }
    /// The code of a refused login; none if the client was welcomed.
    Code refusal_of(WireClient client) {
        client.send_control(client.prepare_auth());
        const auto message = client.receive_control();
        REQUIRE(message);
        const auto* refused = std::get_if<wire::Refused>(&*message);
        return refused != nullptr ? refused->code : Code::none;
    }
    void revoke(const login::Token& with) {
        shared->authenticator->revoke(with.id);
        shared->registry->forget_unknown_owners();
        on(worker, [&] {
            for (const auto& session : sessions) {
                session->check_rights();
            }
        });
    }
    template <typename Condition>
    void wait_until(Condition condition) {
        const auto until = Clock::now() + runtime::test::patience;
        while (!condition()) {
            REQUIRE(Clock::now() < until);
            on(worker, [] {});
        }
    }

    std::shared_ptr<UserSource> source;
    std::atomic<std::size_t> ended{0};  // sessions of connect_as
};

}  // namespace

TEST_CASE("authenticate: a token that the source knows logs in, another one does not", "[lookup]") {
    LookupRig rig;
    CHECK(rig.refusal_of(rig.connect()) == Code::unauthorized);
    rig.source->add(rig.token);
    Caller caller;
    caller.features = resumable;
    WireClient client = rig.log_in(caller);
    CHECK(rig.source->asked() == 2);
    CHECK(rig.source->last().id == rig.token.id);
    CHECK(rig.source->last().from.ip() == "127.0.0.1");
    CHECK_FALSE(rig.source->last().agent.empty());
    std::thread::id worker;
    on(rig.worker, [&worker] { worker = std::this_thread::get_id(); });
    CHECK(rig.source->asked_by() == worker);
    CHECK(rig.sessions.back()->view().token_name == "user");
    CHECK(client.obtain_port(1) != 0);
    CHECK(rig.shared->secrets->last(rig.token.id)->connections == 1);
}

TEST_CASE("authenticate: a proof with another secret is refused as an unknown id is", "[lookup]") {
    LookupRig rig;
    rig.source->add(rig.token);
    login::Token mixed = new_token();
    mixed.id = rig.token.id;
    CHECK(rig.refusal_of(rig.connect_as(mixed)) == Code::unauthorized);
    CHECK(rig.source->asked() == 1);
}

TEST_CASE("authenticate: a lent answer saves a query, until it is forgotten", "[lookup]") {
    LookupRig rig;
    rig.source->add(rig.token, Conduct::accepts, 1h);
    const WireClient first = rig.log_in();
    const WireClient second = rig.log_in({.instance = 2});
    CHECK(rig.source->asked() == 1);
    rig.shared->tokens.external()->forget(rig.token.id);
    const WireClient third = rig.log_in({.instance = 3});
    CHECK(rig.source->asked() == 2);
}

TEST_CASE("authenticate: a revoked token's sessions end, and its ports are free", "[lookup][revoke]") {
    LookupRig rig;
    rig.source->add(rig.token);
    WireClient client = rig.log_in();
    client.obtain_port(1);
    rig.source->remove(rig.token);
    rig.revoke(rig.token);
    const ReceivedFrame goaway = client.next(wire::FrameType::goaway);
    CHECK(std::string(goaway.payload.begin(), goaway.payload.end()).find("revoked") != std::string::npos);
    rig.wait_until([&] { return !rig.sessions.front()->view().connected; });
    CHECK(rig.shared->registry->ports(Clock::now()).empty());
    CHECK(rig.refusal_of(rig.connect()) == Code::unauthorized);
    rig.source->add(rig.token);  // it is no ban
    CHECK(rig.log_in().obtain_port(1) != 0);
}

TEST_CASE("authenticate: a session is resumed although the source is away; a revoked one is not", "[lookup][resume]") {
    LookupRig rig;
    rig.source->add(rig.token);
    Caller caller;
    caller.features = resumable;
    WireClient client = rig.log_in(caller);
    client.answer_pings = false;
    caller.resume = {client.agreed().resume_id, *client.agreed().resume_key, 1, 0};
    client.reset();
    rig.wait_until([&] { return rig.sessions.front()->detached_since().has_value(); });
    rig.source->add(rig.token, Conduct::throws);
    WireClient back = rig.connect(caller);
    REQUIRE(back.log_in());
    CHECK(rig.source->asked() == 1);
    back.reset();
    rig.wait_until([&] { return rig.sessions.front()->detached_since().has_value(); });
    rig.source->add(rig.token);
    rig.revoke(rig.token);
    rig.wait_until([&] { return !rig.sessions.front()->view().connected; });
    caller.resume->attempt = 2;
    CHECK(rig.refusal_of(rig.connect(caller)) == Code::unknown_session);
}

TEST_CASE("authenticate: a token of the table goes on without the source", "[lookup]") {
    LookupRig rig;
    const login::Token own = new_token();
    rig.shared->tokens =
        std::make_shared<const std::vector<login::AcceptedToken>>(1, login::AcceptedToken{"table", own, {}});
    const WireClient client = rig.log_in_with(own);
    CHECK(rig.source->asked() == 0);
    CHECK(rig.sessions.back()->view().token_name == "table");
}

TEST_CASE("authenticate: who guesses the table's tokens is counted, however the look-up ends", "[lookup][guess]") {
    const auto [conduct, leaves] = GENERATE(std::pair(Conduct::never_answers, true), std::pair(Conduct::throws, false),
                                            std::pair(Conduct::refuses, false));
    LookupRig rig(login::Authenticator::Settings{.calls_per_address_max = 64});
    rig.shared->brute_force = std::make_shared<login::BruteForceLimiter>();
    const login::Token weak = *login::parse_token("hunter2 hunter2");
    rig.shared->tokens =
        std::make_shared<const std::vector<login::AcceptedToken>>(1, login::AcceptedToken{"table", weak, {}});
    const auto networks = login::networks_of(loopback());
    TimePoint before{};  // the last guess: it closes them for a second, which a slow machine may take longer than
    for (std::uint32_t i = 0; i <= limits::wrong_tokens_free; ++i) {
        before = Clock::now();
        CHECK_FALSE(rig.shared->brute_force->is_closed(networks, before));
        const login::Token guess = *login::parse_token("guessed token " + std::to_string(i));
        rig.source->add(guess, conduct);
        WireClient client = rig.connect_as(guess);
        client.send_control(client.prepare_auth());
        if (leaves) {
            rig.wait_until([&] { return rig.source->asked() == i + 1; });
            client.close();
        } else {
            REQUIRE(client.receive_control());
        }
        rig.wait_until([&] { return rig.ended == i + 1; });
    }
    CHECK(rig.shared->brute_force->is_closed(networks, before));
}

TEST_CASE("authenticate: nobody registers with the rights of a revoked token", "[lookup][revoke]") {
    LookupRig rig;
    rig.source->add(rig.token);
    WireClient client = rig.log_in();
    rig.shared->authenticator->revoke(rig.token.id);  // its session has not checked its rights yet
    client.register_port(1, 0);
    CHECK(client.refused().code == Code::unauthorized);
}

TEST_CASE("authenticate: thousands of logins at a source of every conduct", "[lookup][threads]") {
    static std::atomic<Duration::rep> passed;  // the time of deadlines, which only this test moves
    passed = 0;
    login::Authenticator::Settings settings;
    settings.now = [] { return TimePoint(1h) + Duration(passed.load()); };
    LookupRig rig(settings);
    constexpr std::array<Conduct, conducts> all{Conduct::accepts,      Conduct::refuses,       Conduct::throws,
                                                Conduct::drops,        Conduct::never_answers, Conduct::answers_twice,
                                                Conduct::answers_late, Conduct::revokes};
    std::vector<login::Token> tokens;
    for (const Conduct conduct : all) {
        tokens.push_back(new_token());
        rig.source->add(tokens.back(), conduct);
    }
    std::map<std::size_t, std::shared_ptr<ServerSession>> present;  // on the worker
    std::map<Conduct, std::map<Code, std::size_t>> outcomes;
    constexpr std::size_t logins = ferrotunnel::test::slow_build ? 2'000 : 10'000;
    for (std::size_t i = 0; i < logins; ++i) {
        auto [near, far] = transport::test::tcp_pair();
        on(rig.worker, [&, socket = std::make_shared<runtime::Fd>(std::move(near))] {
            const auto from = runtime::peer_address(socket->get());
            auto session = std::make_shared<ServerSession>(
                rig.worker, from, rig.shared, ServerSession::Callbacks{{}, [&present, i] { present.erase(i); }});
            present.emplace(i, session);
            session->start(std::move(*socket));
        });
        const Conduct conduct = all[i % conducts];
        Caller caller;
        caller.instance = static_cast<std::uint8_t>(i);
        WireClient client(std::move(far), tokens[i % conducts], caller);
        client.send_control(client.prepare_auth());
        if (conduct == Conduct::never_answers) {
            rig.wait_until([&] { return rig.source->asked() == i + 1; });
            passed += Duration(5s).count();
            rig.shared->authenticator->tick();
        }
        const auto message = client.receive_control();
        REQUIRE(message);
        const auto* refused = std::get_if<wire::Refused>(&*message);
        ++outcomes[conduct][refused != nullptr ? refused->code : Code::none];
    }
    const auto expected = [](Conduct conduct) {
        const bool is_welcome =
            conduct == Conduct::accepts || conduct == Conduct::answers_twice || conduct == Conduct::answers_late;
        return is_welcome ? Code::none : conduct == Conduct::refuses ? Code::unauthorized : Code::busy;
    };
    for (const auto& [conduct, codes] : outcomes) {
        INFO("conduct " << static_cast<int>(conduct));
        CHECK(codes == std::map<Code, std::size_t>{{expected(conduct), logins / conducts}});
    }
    CHECK(outcomes.size() == conducts);
    rig.wait_until([&] { return on(rig.worker, [&] { return present.empty(); }); });
    CHECK(rig.source->asked() == logins);
    CHECK(rig.shared->authenticator->calls() == 0);
    CHECK(rig.shared->authenticator->waiting() == 0);
    rig.wait_until([&] { return rig.shared->tokens.external()->all_used().empty(); });  // no session is left
}
