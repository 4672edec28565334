#include "directory/takeover.hpp"

#include <atomic>
#include <catch2/catch.hpp>
#include <deque>
#include <mutex>
#include <thread>
#include <vector>

using namespace ferrotunnel;
using namespace ferrotunnel::directory;
using namespace std::chrono_literals;

namespace {

constexpr TimePoint takeover_time{1h};

// A session of the server as the takeover sees it: it answers when the test says so.
class FakeSession final : public SessionHandle {
public:
    explicit FakeSession(std::shared_ptr<Registry> registry) : registry_(std::move(registry)) {}

    void evict(wire::Code code, std::string text, std::function<void()> released) override {
        eviction_code = code;
        eviction_text = std::move(text);
        if (gone_) {
            released();
        } else {
            waiting_.push_back(std::move(released));
            if (eager) {
                leave();
            }
        }
    }

    void probe(std::function<void(bool)> answer) override {
        ++probes;
        if (gone_ || eager) {
            answer(!gone_ && alive);
        } else {
            probing_.push_back(std::move(answer));
        }
    }

    void answer_probe(bool is_alive) {
        auto answer = std::move(probing_.front());
        probing_.pop_front();
        answer(is_alive);
    }

    // The session ends: it leaves the registry, then tells everyone who waits.
    void leave() {
        gone_ = true;
        registry_->remove(key);
        for (auto& released : std::exchange(waiting_, {})) {
            released();
        }
        for (auto& answer : std::exchange(probing_, {})) {
            answer(false);
        }
    }

    SessionKey key = 0;
    bool eager = false;  // answers a probe at once, within the call
    bool alive = true;
    int probes = 0;
    std::optional<wire::Code> eviction_code;
    std::string eviction_text;

private:
    std::shared_ptr<Registry> registry_;
    bool gone_ = false;
    std::vector<std::function<void()>> waiting_;
    std::deque<std::function<void(bool)>> probing_;
};

SessionInfo takeover_session(std::uint8_t token, std::uint8_t instance, std::uint64_t epoch = 1) {
    SessionInfo info;
    info.token = {token};
    info.instance = {instance};
    info.epoch = epoch;
    info.address = "192.0.2.1";
    return info;
}

// Sessions hold the registry and the registry holds sessions, until they are removed.
void remove_all(Registry& registry) {
    for (const TunnelInfo& tunnel : registry.tunnels()) {
        registry.remove(tunnel.session);
    }
}

struct Server {
    std::shared_ptr<Registry> registry = std::make_shared<Registry>();

    Server() = default;
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;
    ~Server() { remove_all(*registry); }

    std::shared_ptr<FakeSession> session() { return std::make_shared<FakeSession>(registry); }

    // What became of an admission so far.
    struct Admission {
        int answers = 0;
        std::optional<Refusal> refusal;
    };
    std::shared_ptr<Admission> admit(SessionInfo info, std::shared_ptr<FakeSession> session) {
        auto admission = std::make_shared<Admission>();
        info.key = session->key = registry->new_key();
        admit_with_takeover(registry, info, session, [admission](std::optional<Refusal> refusal) {
            ++admission->answers;
            admission->refusal = std::move(refusal);
        });
        return admission;
    }
    std::shared_ptr<FakeSession> admitted(const SessionInfo& info) {
        auto made = session();
        auto admission = admit(info, made);
        REQUIRE(admission->answers == 1);
        REQUIRE_FALSE(admission->refusal);
        return made;
    }

    struct Claim {
        int answers = 0;
        std::optional<Refusal> refusal;
        bool granted() const { return answers == 1 && !refusal; }
    };
    std::shared_ptr<Claim> claim(const std::shared_ptr<FakeSession>& session, std::uint16_t port) {
        return claim(session, std::vector<ClaimName>{port});
    }
    std::shared_ptr<Claim> claim(const std::shared_ptr<FakeSession>& session, std::vector<ClaimName> names) {
        auto claim = std::make_shared<Claim>();
        claim_with_takeover(registry, session->key, 1, std::move(names), {}, takeover_time,
                            [claim](std::optional<Refusal> refusal) {
                                ++claim->answers;
                                claim->refusal = std::move(refusal);
                            });
        return claim;
    }
};

/// A session that holds port 2222, and a newcomer that has claimed it.
struct ContestedPort {
    ContestedPort() {
        REQUIRE(server.claim(holder, 2222)->granted());
        claim = server.claim(newcomer, 2222);
    }

    Server server;
    const std::shared_ptr<FakeSession> holder = server.admitted(takeover_session(1, 1));
    const std::shared_ptr<FakeSession> newcomer = server.admitted(takeover_session(1, 2));
    std::shared_ptr<Server::Claim> claim;
};

}  // namespace

TEST_CASE("a first session is admitted at once") {
    Server server;
    auto session = server.admitted(takeover_session(1, 1));
    CHECK(session->key != 0);
    CHECK(server.claim(session, 2222)->granted());
}

TEST_CASE("a client that comes back gets in when its older session has let go") {
    Server server;
    auto old = server.admitted(takeover_session(1, 1, 1));
    REQUIRE(server.claim(old, 2222)->granted());

    auto fresh = server.session();
    auto admission = server.admit(takeover_session(1, 1, 2), fresh);
    CHECK(admission->answers == 0);
    CHECK(old->eviction_code == wire::Code::superseded);
    CHECK(server.registry->holder_of(2222)->sessions == std::vector{old->key});
    old->leave();
    CHECK(admission->answers == 1);
    CHECK_FALSE(admission->refusal);
    CHECK(server.claim(fresh, 2222)->granted());
}

TEST_CASE("all trunks of the older session go before the new one comes") {
    Server server;
    SessionInfo second_trunk = takeover_session(1, 1, 1);
    second_trunk.trunk = 2;
    auto first = server.admitted(takeover_session(1, 1, 1));
    auto second = server.admitted(second_trunk);
    auto fresh = server.session();
    auto admission = server.admit(takeover_session(1, 1, 2), fresh);
    first->leave();
    CHECK(admission->answers == 0);
    second->leave();
    CHECK(admission->answers == 1);
    CHECK_FALSE(admission->refusal);
}

TEST_CASE("of two that come back at once the higher epoch wins, in either order") {
    Server server;
    auto old = server.admitted(takeover_session(1, 1, 1));
    auto newer = server.session();
    auto newest = server.session();
    std::shared_ptr<Server::Admission> of_newer;
    std::shared_ptr<Server::Admission> of_newest;
    SECTION("the lower one asked first") {
        of_newer = server.admit(takeover_session(1, 1, 2), newer);
        of_newest = server.admit(takeover_session(1, 1, 3), newest);
    }
    SECTION("the higher one asked first") {
        of_newest = server.admit(takeover_session(1, 1, 3), newest);
        of_newer = server.admit(takeover_session(1, 1, 2), newer);
    }
    old->leave();
    if (of_newer->answers == 1 && !of_newer->refusal) {
        REQUIRE(newer->eviction_code == wire::Code::superseded);  // it was admitted, and then replaced
        newer->leave();
    } else {
        REQUIRE(of_newer->refusal);
        CHECK(of_newer->refusal->code == wire::Code::superseded);
    }
    CHECK(of_newest->answers == 1);
    CHECK_FALSE(of_newest->refusal);
    CHECK(server.registry->session_count() == 1);
}

TEST_CASE("a session that is evicted within the call lets the next one in within the call") {
    Server server;
    auto old = server.admitted(takeover_session(1, 1, 1));
    old->eager = true;
    auto fresh = server.session();
    auto admission = server.admit(takeover_session(1, 1, 2), fresh);
    CHECK(admission->answers == 1);
    CHECK_FALSE(admission->refusal);
}

TEST_CASE("an overtaken login is refused") {
    Server server;
    server.admitted(takeover_session(1, 1, 2));
    auto late = server.session();
    auto admission = server.admit(takeover_session(1, 1, 1), late);
    REQUIRE(admission->refusal);
    CHECK(admission->refusal->code == wire::Code::superseded);
}

TEST_CASE("a port whose holder is alive stays with it") {
    ContestedPort port;
    CHECK(port.claim->answers == 0);
    CHECK(port.holder->probes == 1);
    port.holder->answer_probe(true);
    CHECK(port.claim->answers == 1);
    REQUIRE(port.claim->refusal);
    CHECK(port.claim->refusal->code == wire::Code::port_taken);
    CHECK_FALSE(port.holder->eviction_code);
}

TEST_CASE("a port whose holder is silent goes to the newcomer, when the holder has let go") {
    ContestedPort port;
    port.holder->answer_probe(false);
    CHECK(port.holder->eviction_code == wire::Code::superseded);
    CHECK(port.holder->eviction_text.find("2222") != std::string::npos);
    CHECK(port.claim->answers == 0);
    port.holder->leave();
    CHECK(port.claim->granted());
    CHECK(port.server.registry->holder_of(2222)->sessions == std::vector{port.newcomer->key});
}

TEST_CASE("a port is its holder's as long as one of the holder's trunks is alive") {
    Server server;
    SessionInfo second_trunk = takeover_session(1, 1);
    second_trunk.trunk = 2;
    auto first = server.admitted(takeover_session(1, 1));
    auto second = server.admitted(second_trunk);
    auto newcomer = server.admitted(takeover_session(1, 2));
    REQUIRE(server.claim(first, 2222)->granted());
    auto claim = server.claim(newcomer, 2222);
    CHECK(first->probes == 1);
    CHECK(second->probes == 1);
    first->answer_probe(false);
    CHECK(claim->answers == 0);
    SECTION("one answers") {
        second->answer_probe(true);
        CHECK(claim->answers == 1);
        REQUIRE(claim->refusal);
        CHECK(claim->refusal->code == wire::Code::port_taken);
        CHECK_FALSE(first->eviction_code);
        CHECK_FALSE(second->eviction_code);
    }
    SECTION("none answers, and all go") {
        second->answer_probe(false);
        CHECK(first->eviction_code == wire::Code::superseded);
        CHECK(second->eviction_code == wire::Code::superseded);
        first->leave();
        CHECK(claim->answers == 0);
        second->leave();
        CHECK(claim->granted());
    }
}

TEST_CASE("of several names each is asked for, and each silent holder driven out") {
    Server server;
    const ClaimName a("a.example", "/");
    const ClaimName b("b.example", "/");
    auto holder_a = server.admitted(takeover_session(1, 1));
    auto holder_b = server.admitted(takeover_session(1, 2));
    auto newcomer = server.admitted(takeover_session(1, 3));
    REQUIRE(server.claim(holder_a, {a})->granted());
    REQUIRE(server.claim(holder_b, {b})->granted());
    auto claim = server.claim(newcomer, {ClaimName("free.example", "/"), a, b});
    CHECK(server.registry->holder_of(ClaimName("free.example", "/"))->sessions == std::vector{newcomer->key});
    holder_a->answer_probe(false);
    CHECK(holder_a->eviction_text ==
          "Another client with the same token took over a.example while this one was silent.");
    CHECK(holder_b->probes == 0);
    holder_a->leave();
    CHECK(claim->answers == 0);
    SECTION("all are silent") {
        holder_b->answer_probe(false);
        holder_b->leave();
        CHECK(claim->granted());
        CHECK(server.registry->holder_of(b)->sessions == std::vector{newcomer->key});
    }
    SECTION("one is alive: what was granted before is for the session to give back") {
        holder_b->answer_probe(true);
        REQUIRE(claim->answers == 1);
        CHECK(claim->refusal->code == wire::Code::name_taken);
        CHECK(server.registry->holder_of(a)->sessions == std::vector{newcomer->key});
        CHECK(server.registry->holder_of(b)->sessions == std::vector{holder_b->key});
    }
}

TEST_CASE("as many names as a service may have can be taken over from silent holders") {
    Server server;
    auto newcomer = server.admitted(takeover_session(1, 100));
    std::vector<ClaimName> names;
    for (std::uint8_t i = 0; i < 9; ++i) {
        auto holder = server.admitted(takeover_session(1, i));
        holder->eager = true;
        holder->alive = false;
        names.emplace_back("host-" + std::to_string(i) + ".example", "/");
        REQUIRE(server.claim(holder, {names.back()})->granted());
    }
    CHECK(server.claim(newcomer, names)->granted());
}

TEST_CASE("a holder with another token is neither probed nor evicted") {
    Server server;
    auto holder = server.admitted(takeover_session(1, 1));
    auto newcomer = server.admitted(takeover_session(2, 2));
    REQUIRE(server.claim(holder, 2222)->granted());
    auto claim = server.claim(newcomer, 2222);
    REQUIRE(claim->refusal);
    CHECK(claim->refusal->code == wire::Code::port_taken);
    CHECK(holder->probes == 0);
}

TEST_CASE("a holder that ends while it is probed frees the port") {
    ContestedPort port;
    port.holder->leave();
    CHECK(port.claim->granted());
}

TEST_CASE("two newcomers for one silent holder: one gets the port, the other finds a living holder") {
    Server server;
    auto holder = server.admitted(takeover_session(1, 1));
    auto a = server.admitted(takeover_session(1, 2));
    auto b = server.admitted(takeover_session(1, 3));
    REQUIRE(server.claim(holder, 2222)->granted());
    auto of_a = server.claim(a, 2222);
    auto of_b = server.claim(b, 2222);
    holder->answer_probe(false);
    holder->answer_probe(false);
    holder->leave();
    CHECK(of_a->granted());
    CHECK(of_b->answers == 0);
    a->answer_probe(true);
    REQUIRE(of_b->refusal);
    CHECK(of_b->refusal->code == wire::Code::port_taken);
}

TEST_CASE("a session that ended while it waited for a port holds nothing") {
    ContestedPort port;
    port.newcomer->leave();
    port.holder->leave();
    REQUIRE(port.claim->refusal);
    CHECK(port.claim->refusal->code == wire::Code::going_away);
    CHECK_FALSE(port.server.registry->holder_of(2222));
}

TEST_CASE("a handle that lies about having let go does not keep the takeover busy for ever") {
    Server server;
    class Liar final : public SessionHandle {
    public:
        void evict(wire::Code, std::string, std::function<void()> released) override {
            ++evictions;
            released();
        }
        void probe(std::function<void(bool)> answer) override { answer(false); }
        int evictions = 0;
    };
    auto liar = std::make_shared<Liar>();
    SessionInfo of_liar = takeover_session(1, 1);
    SessionKey key = of_liar.key = server.registry->new_key();
    REQUIRE(std::holds_alternative<Admitted>(server.registry->admit(of_liar, liar)));
    REQUIRE(std::holds_alternative<Granted>(server.registry->claim(key, 1, 2222, takeover_time)));
    auto newcomer = server.admitted(takeover_session(1, 2));
    auto claim = server.claim(newcomer, 2222);
    REQUIRE(claim->refusal);
    CHECK(claim->refusal->code == wire::Code::port_taken);
    CHECK(claim->refusal->text == "Other clients keep claiming public port 2222. Try again later.");
    auto fresh = server.session();
    auto admission = server.admit(takeover_session(1, 1, 2), fresh);
    REQUIRE(admission->refusal);
    CHECK(admission->refusal->code == wire::Code::busy);
    CHECK(liar->evictions < 20);
}

namespace {

// Sessions whose callbacks come from another thread, as those of a server with several workers do.
class Workers {
public:
    void post(std::function<void()> task) {
        std::lock_guard lock(mutex_);
        tasks_.push_back(std::move(task));
    }
    bool run_one() {
        std::function<void()> task;
        {
            std::lock_guard lock(mutex_);
            if (tasks_.empty()) {
                return false;
            }
            task = std::move(tasks_.front());
            tasks_.pop_front();
        }
        task();
        return true;
    }

private:
    std::mutex mutex_;
    std::deque<std::function<void()>> tasks_;
};

class PostingSession final : public SessionHandle {
public:
    PostingSession(std::shared_ptr<Registry> registry, Workers& workers)
        : key(registry->new_key()), registry_(std::move(registry)), workers_(workers) {}

    void evict(wire::Code, std::string, std::function<void()> released) override {
        workers_.post([this, released = std::move(released)] {
            registry_->remove(key);
            released();
        });
    }
    void probe(std::function<void(bool)> answer) override {
        workers_.post([answer = std::move(answer)] { answer(false); });
    }

    const SessionKey key;

private:
    std::shared_ptr<Registry> registry_;
    Workers& workers_;
};

}  // namespace

TEST_CASE("takeovers on several threads all get an answer, and one session is left for each client") {
    auto registry = std::make_shared<Registry>();
    Workers workers;
    constexpr int client_count = 4;
    constexpr int epochs = 50;
    std::vector<std::shared_ptr<PostingSession>> sessions;
    for (int i = 0; i < client_count * epochs; ++i) {
        sessions.push_back(std::make_shared<PostingSession>(registry, workers));
    }
    std::atomic<int> answered{0};
    std::vector<std::thread> threads;
    for (int client = 0; client < client_count; ++client) {
        threads.emplace_back([&, client] {
            for (int epoch = 0; epoch < epochs; ++epoch) {
                auto session = sessions[static_cast<std::size_t>(client * epochs + epoch)];
                auto id = static_cast<std::uint8_t>(client + 1);
                SessionInfo info = takeover_session(1, id, static_cast<std::uint64_t>(epoch));
                info.key = session->key;
                admit_with_takeover(registry, info, session, [&, session](std::optional<Refusal> refusal) {
                    if (refusal) {
                        ++answered;
                        return;
                    }
                    claim_with_takeover(registry, session->key, 1, {2222}, {}, takeover_time,
                                        [&](std::optional<Refusal>) { ++answered; });
                });
                workers.run_one();
            }
        });
    }
    for (std::thread& thread : threads) {
        thread.join();
    }
    while (workers.run_one()) {
    }
    CHECK(answered == client_count * epochs);
    CHECK(registry->session_count() <= static_cast<std::size_t>(client_count));
    remove_all(*registry);
}
