// A plugin for plugin_sessions.sh, which tells it by files what to decide: each is looked at when somebody comes.
//
//   visitor_ADDRESS   refuse the visitor from there       hold_visitor, hold_login   decide when the file has gone
//   login_refused     its text: refuse the login          service_refused            its text: refuse the service
//   host_given        its text: the host of HTTP services
#include <fcntl.h>
#include <unistd.h>

#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <ferrotunnel/plugin.hpp>
#include <fstream>
#include <functional>
#include <iterator>
#include <list>
#include <mutex>
#include <string>
#include <thread>

using namespace ferrotunnel::plugin;

namespace {

class Doorman final : public Plugin {
public:
    static constexpr Description description{
        .name = "doorman",
        .version = "1",
        .schema = R"({"type": "object", "required": ["folder"], "properties": {"folder": {"type": "string"}}})",
        .guard = true};

    explicit Doorman(const Settings& settings) : folder_(std::string(settings.text("folder").value_or(""))) {}

    void start() override {
        thread_ = std::thread([this] { look_for_files(); });
    }
    void stop() override {
        {
            const std::lock_guard lock(mutex_);
            stopped_ = true;
        }
        changed_.notify_all();
        thread_.join();
        held_.clear();
    }

    Decision on_login(Login& login) override {
        tell("login " + std::string(login.client_name()) + " " + std::string(login.token()));
        if (exists("login_refused")) {
            return Decision::refuse(text_of("login_refused"));
        }
        return perhaps_later("hold_login", login);
    }
    Decision on_register(Registration& wanted) override {
        tell("register " + std::string(wanted.kind()) + " " + std::string(wanted.service()));
        if (exists("service_refused")) {
            return Decision::refuse(text_of("service_refused"));
        }
        if (wanted.kind() == "http" && exists("host_given") && !wanted.set_hosts({text_of("host_given")})) {
            return Decision::fail();
        }
        wanted.set_note("plan", "gold");
        return Decision::go_on();
    }
    Decision on_connect(Visitor& visit) override {
        const std::string from(visit.address());
        tell("visitor " + from + " " + (visit.is_tls() ? std::string(visit.host()) : "tcp") + " " +
             std::string(visit.note("plan")));
        if (exists("visitor_" + from)) {
            return Decision::refuse("not from there");
        }
        return perhaps_later("hold_visitor", visit);
    }
    void on_visit_close(Visitor&, const VisitOutcome& outcome) override {
        using End = VisitOutcome::End;
        const char* const end = outcome.end == End::served    ? "served"
                                : outcome.end == End::refused ? "refused"
                                                              : "unserved";
        tell(std::string("close ") + end + " " + std::to_string(outcome.received_bytes) + " " +
             std::to_string(outcome.sent_bytes));
    }
    Decision on_request(Exchange& exchange) override {
        exchange.set(Side::request, "X-Plan", exchange.note("plan"));
        return Decision::go_on();
    }

private:
    std::string path(const std::string& name) const { return folder_ + "/" + name; }
    bool exists(const std::string& name) const { return ::access(path(name).c_str(), F_OK) == 0; }
    std::string text_of(const std::string& name) const {
        std::ifstream file(path(name));
        return {std::istreambuf_iterator<char>(file), {}};
    }
    /// Appends a line to the file `told`.
    void tell(std::string line) const {
        line += '\n';
        const int file = ::open(path("told").c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
        if (::write(file, line.data(), line.size()) < 0) {
            std::perror("doorman");
        }
        ::close(file);
    }

    template <typename Subject>
    Decision perhaps_later(const std::string& file, Subject& subject) {
        if (!exists(file)) {
            return Decision::go_on();
        }
        return subject.later([&](LaterOf<Subject> later) {
            auto shared = std::make_shared<LaterOf<Subject>>(std::move(later));
            const std::lock_guard lock(mutex_);
            held_.push_back({file, [shared] { std::move(*shared).decide(Decision::go_on()); }});
        });
    }
    void look_for_files() {
        std::unique_lock lock(mutex_);
        while (!stopped_) {
            changed_.wait_for(lock, std::chrono::milliseconds(20));
            held_.remove_if([this](const Held& each) {
                const bool over = !exists(each.file);
                if (over) {
                    each.decide();
                }
                return over;
            });
        }
    }

    struct Held {
        std::string file;
        std::function<void()> decide;
    };

    const std::string folder_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::list<Held> held_;
    bool stopped_ = false;
    std::thread thread_;
};

}  // namespace

extern "C" __attribute__((visibility("default"))) const ft_library* ferrotunnel_plugin_v1(const ft_host* host) {
    return library<Doorman>(host);
}
