// Calls of plugins by sessions in tests: what tests do with them and see of them, instead of a server's session.
#include <algorithm>
#include <array>
#include <stdexcept>
#include <utility>

#include "ferrotunnel/plugin_testing_session.hpp"
#include "plugin/session_plugins.hpp"
#include "plugin/test_chain.hpp"

namespace ferrotunnel::plugin {

using hooks::SessionPhase;

namespace {

/// The kind as the interface names it, with static lifetime.
std::string_view kind_of(const std::string& kind) {
    static constexpr std::array<std::string_view, 5> kinds{"tcp", "udp", "tls", "http", "private"};
    const auto* const found = std::find(kinds.begin(), kinds.end(), kind);
    if (found == kinds.end()) {
        throw std::invalid_argument("no service is of the kind \"" + kind + "\"");
    }
    return *found;
}

hooks::Subject subject_of(const TestClient& client) {
    hooks::Subject subject;
    subject.client = std::make_shared<hooks::ClientFacts>(
        hooks::ClientFacts{client.instance, client.name, client.token, client.agent, client.address, client.port, 1,
                           client.connection, client.connections, client.metadata});
    return subject;
}

std::shared_ptr<const hooks::ServiceFacts> facts_of(const TestService& service) {
    return std::make_shared<hooks::ServiceFacts>(hooks::ServiceFacts{service.name, kind_of(service.kind), service.port,
                                                                     service.hosts, service.path, service.bind,
                                                                     service.metadata});
}

}  // namespace

class TestSessions::Impl {
public:
    Impl(const std::vector<PluginUse>& plugins, DecisionTime when)
        : chain(std::make_shared<TestChain::Impl>(plugins, when)) {
        sessions.set_chain(chain->chain);
    }

    const std::shared_ptr<TestChain::Impl> chain;
    SessionPlugins sessions{WaitSettings{}};
};

class TestQuestion::Impl final : public hooks::SessionRunOwner, public TestWaiter {
public:
    Impl(std::shared_ptr<TestSessions::Impl> sessions, SessionPhase phase, hooks::Subject subject)
        : sessions_(std::move(sessions)), phase_(phase), begun_at_(TestChain::Impl::now()) {
        amendments_.notes = subject.notes;
        run_ = sessions_->sessions.begin(phase, std::move(subject), *this, chain().mailbox);
        chain().waiters.push_back(this);
    }
    ~Impl() { close(); }
    Impl(const Impl&) = delete;
    Impl& operator=(const Impl&) = delete;

    void begin() {
        ask_again();
        chain().settle(*this);
    }
    void wait() { chain().wait(*this); }

    bool waits() const noexcept override { return waits_ && !is_over_; }
    TimePoint wait_until() const noexcept override { return run_->wait_until(); }
    void expire() noexcept override { run_->expire(); }
    void ask_again() override;
    void close() noexcept override { end(0, 0); }
    void on_decision() noexcept override { set_decided(); }

    void end(std::uint64_t received_bytes, std::uint64_t sent_bytes) noexcept;
    bool accepted() const noexcept { return accepted_; }
    bool is_over() const noexcept { return is_over_; }
    const std::optional<hooks::SessionRefusal>& refusal() const noexcept { return refusal_; }
    const hooks::Amendments& amendments() const noexcept { return amendments_; }

private:
    TestChain::Impl& chain() const noexcept { return *sessions_->chain; }

    const std::shared_ptr<TestSessions::Impl> sessions_;
    const SessionPhase phase_;
    const TimePoint begun_at_;
    bool waits_ = false;
    bool accepted_ = false;
    bool is_over_ = false;
    std::optional<hooks::SessionRefusal> refusal_;
    hooks::Amendments amendments_;
    std::unique_ptr<hooks::SessionRun> run_;  // null if no plugin runs in this phase, or it has ended
};

void TestQuestion::Impl::ask_again() {
    const hooks::Step step = run_ ? run_->ask(TestChain::Impl::now()) : hooks::Step::go_on;
    waits_ = step == hooks::Step::wait;
    if (waits_) {
        return;
    }
    accepted_ = step == hooks::Step::go_on;
    if (!accepted_) {
        refusal_ = run_->take_refusal();
        end(0, 0);
    } else if (run_ && phase_ != SessionPhase::connect) {
        amendments_ = run_->take_amendments();
        run_.reset();
    }
}

void TestQuestion::Impl::end(std::uint64_t received_bytes, std::uint64_t sent_bytes) noexcept {
    if (std::exchange(is_over_, true)) {
        return;
    }
    std::erase(chain().waiters, this);
    if (run_ && phase_ == SessionPhase::connect) {
        using End = hooks::VisitOutcome::End;
        run_->close({refusal_    ? End::refused
                     : accepted_ ? End::served
                                 : End::unserved,
                     received_bytes, sent_bytes, TestChain::Impl::now() - begun_at_});
    }
    run_.reset();
}

// --- the handle of a call ---

TestQuestion::TestQuestion(std::shared_ptr<Impl> impl) noexcept : impl_(std::move(impl)) {}
TestQuestion::TestQuestion(TestQuestion&&) noexcept = default;
TestQuestion& TestQuestion::operator=(TestQuestion&&) noexcept = default;
TestQuestion::~TestQuestion() = default;

TestQuestion::Impl& TestQuestion::impl() const {
    if (!impl_) {
        throw std::logic_error("this TestQuestion is empty");
    }
    return *impl_;
}

bool TestQuestion::accepted() const {
    return impl().accepted();
}
bool TestQuestion::refused() const {
    return impl().refusal().has_value();
}
bool TestQuestion::waits() const {
    return impl().waits();
}
bool TestQuestion::over() const {
    return impl().is_over();
}
std::string TestQuestion::words() const {
    return refused() ? impl().refusal()->words : std::string();
}
std::string TestQuestion::refused_by() const {
    return refused() ? impl().refusal()->plugin : std::string();
}
bool TestQuestion::failed() const {
    return refused() && impl().refusal()->failed;
}
void TestQuestion::wait() {
    impl().wait();
}
std::optional<std::vector<std::string>> TestQuestion::hosts() const {
    return impl().amendments().hosts;
}
std::optional<std::uint64_t> TestQuestion::limit(Limit what) const {
    return impl().amendments().limits.at(static_cast<std::size_t>(what));
}
std::string TestQuestion::note(std::string_view name) const {
    const hooks::SharedNotes& notes = impl().amendments().notes;
    for (std::size_t i = notes ? notes->size() : 0; i-- > 0;) {
        if ((*notes)[i].first == name) {
            return (*notes)[i].second;
        }
    }
    return {};
}
void TestQuestion::close(std::uint64_t received_bytes, std::uint64_t sent_bytes) {
    impl().end(received_bytes, sent_bytes);
}

// --- the chain ---

TestSessions::TestSessions(const std::vector<PluginUse>& plugins, DecisionTime when)
    : impl_(std::make_shared<Impl>(plugins, when)) {}
TestSessions::TestSessions(TestSessions&&) noexcept = default;
TestSessions& TestSessions::operator=(TestSessions&&) noexcept = default;
TestSessions::~TestSessions() = default;

TestQuestion TestSessions::login(const TestClient& client) {
    auto question = std::make_shared<TestQuestion::Impl>(impl_, SessionPhase::login, subject_of(client));
    question->begin();
    return TestQuestion(std::move(question));
}

TestQuestion TestSessions::registration(const TestService& service, const TestClient& client,
                                        const TestQuestion* login) {
    hooks::Subject subject = subject_of(client);
    subject.service = facts_of(service);
    subject.notes = login != nullptr ? login->impl().amendments().notes : nullptr;
    auto question = std::make_shared<TestQuestion::Impl>(impl_, SessionPhase::registration, std::move(subject));
    question->begin();
    return TestQuestion(std::move(question));
}

TestQuestion TestSessions::visit(const TestVisit& visitor, const TestService& service, const TestClient& client,
                                 const TestQuestion* registration) {
    hooks::Subject subject = subject_of(client);
    subject.service = facts_of(service);
    subject.notes = registration != nullptr ? registration->impl().amendments().notes : nullptr;
    subject.address = visitor.address;
    subject.port = visitor.port;
    subject.host = visitor.host;
    auto question = std::make_shared<TestQuestion::Impl>(impl_, SessionPhase::connect, std::move(subject));
    question->begin();
    return TestQuestion(std::move(question));
}

void TestSessions::advance(std::chrono::nanoseconds time) {
    impl_->chain->advance(time);
}
std::vector<std::string> TestSessions::log() const {
    return impl_->chain->log.lines();
}
DecisionTime TestSessions::decision_time() const {
    return impl_->chain->when;
}

}  // namespace ferrotunnel::plugin
