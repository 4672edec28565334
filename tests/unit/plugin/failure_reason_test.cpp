// What a plugin's author reads in the log when a call of the plugin has failed: which call, which value, and what().
#include <functional>
#include <stdexcept>
#include <string>
#include <utility>

#include "base/limits.hpp"
#include "unit/plugin/asking_plugins.hpp"
#include "unit/plugin/body_rig.hpp"
#include "unit/plugin/instance_options.hpp"
#include "unit/plugin/run_rig.hpp"
#include "unit/plugin/session_rig.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::plugin;
using namespace ferrotunnel::test;
using hooks::Step;

namespace {

/// Fails where the test says, with whatever it throws.
class ThrowsInLife final : public Plugin {
public:
    static constexpr Description description{.name = "life", .version = "1"};

    void start() override { throw std::runtime_error("no socket"); }
    void stop() override { throw 5; }
    void on_close(Exchange&, const Outcome&) override { throw std::runtime_error("no file"); }
    void on_visit_close(Visitor&, const VisitOutcome&) override { throw std::runtime_error("no count"); }
    Decision on_login(Login& login) override {
        return login.later([](LaterOf<Login> later) {
            std::move(later).resume([](Login&) -> Decision { throw std::runtime_error("no user"); });
        });
    }
    Decision on_register(Registration&) override { return Decision::respond({200, {}, "fine"}); }
};

/// The log after a request, with a body, whose hook is this one.
std::string log_of(std::function<Decision(Exchange&)> hook) {
    PluginRig rig;
    First::response = Second::request = Second::response = nullptr;
    First::request = std::move(hook);
    rig.add<First>(closed_instance);
    rig.begin("POST /a", "Content-Length: 5\r\n");
    Step step = rig.ask();
    if (step == Step::wait) {
        rig.deliver();
        step = rig.ask();
    }
    if (step == Step::collect) {
        (void)rig.run->collect("hello");
        rig.run->collect_end();
        step = rig.ask();
    }
    if (hooks::BodyFilters* const way = rig.run->body(hooks::Side::request); way != nullptr && step == Step::go_on) {
        way->changes() ? way->put("hello", true) : way->observe("hello", true);
    }
    rig.end();
    First::request = nullptr;
    return rig.log.text();
}

bool says(const std::string& log, const std::string& why) {
    INFO(log);
    const bool found = log.find("why=" + why) != std::string::npos;
    CHECK(found);
    return found;
}

}  // namespace

TEST_CASE("reasons: what a hook throws, and what it has given to others", "[plugin]") {
    CHECK(says(log_of([](Exchange&) -> Decision { throw std::runtime_error("no\r\nidea"); }),
               "the hook threw an exception: no\\r\\nidea hook=request"));
    CHECK(says(log_of([](Exchange&) -> Decision { throw 5; }), "the hook threw an exception: not a std::exception"));
    CHECK(says(log_of([](Exchange& exchange) {
                   return exchange.later([](Later later) {
                       std::move(later).resume([](Exchange&) -> Decision { throw std::runtime_error("no user"); });
                   });
               }),
               "what it gave to Later::resume() threw an exception: no user"));
    CHECK(says(log_of([](Exchange& exchange) {
                   return exchange.later([](Later later) { const Later gone(std::move(later)); });
               }),
               "it dropped its pending decision"));
    CHECK(says(log_of([](Exchange& exchange) {
                   return exchange.collect(0, [](Exchange&, Text) -> Decision { throw std::runtime_error("no form"); });
               }),
               "what it gave to collect() threw an exception: no form"));
    CHECK(says(log_of([](Exchange& exchange) {
                   exchange.observe(Side::request, [](Text) { throw std::runtime_error("no look"); });
                   return Decision::go_on();
               }),
               "what it gave to observe() threw an exception: no look hook=body"));
    CHECK(says(log_of([](Exchange& exchange) {
                   exchange.transform(Side::request,
                                      Made::of([](Text, bool, Sink&) { throw std::runtime_error("no piece"); }));
                   return Decision::go_on();
               }),
               "BodyFilter::chunk() threw an exception: no piece"));
    CHECK(says(log_of([](Exchange&) { return Decision::fail(); }), "it failed without a reason hook=request"));
}

TEST_CASE("reasons: the value of an answer that cannot be sent", "[plugin]") {
    CHECK(says(log_of([](Exchange&) {
                   return Decision::respond({999, {}, ""});
               }),
               "it answered with the status 999, which is not from 200 to 599"));
    CHECK(says(log_of([](Exchange&) {
                   return Decision::respond({200, {{"X-A", "1\r\nX-B: 2"}}, ""});
               }),
               "it answered with a field that must not be written: \"X-A: 1\\r\\nX-B: 2\""));
    CHECK(says(log_of([](Exchange&) {
                   return Decision::respond({200, {}, std::string(limits::plugin_answer_max + 1, 'x')});
               }),
               "it answered with a body of 1048577 bytes; at most 1048576 are allowed"));
    CHECK(says(log_of([](Exchange&) {
                   return Decision::respond({204, {}, "x"});
               }),
               "it answered with a body, which a response with the status 204 cannot have"));
    CHECK(says(log_of([](Exchange&) { return Decision::reject(418, "tea"); }),
               "it refused with the status 418, for which there is no page"));
    CHECK(says(log_of([](Exchange&) { return Decision::reject(403, "no tea"); }),
               "it refused with the code \"no tea\", which is not up to 64 letters"));
}

TEST_CASE("limit: a reason has as much room as it may, and one call's is not the next one's", "[plugin]") {
    const std::string log = log_of([](Exchange&) -> Decision { throw std::runtime_error(std::string(2'000, 'w')); });
    CHECK(log.find(std::string(limits::plugin_reason_max - 50, 'w')) != std::string::npos);
    CHECK(log.find(std::string(limits::plugin_reason_max + 1, 'w')) == std::string::npos);
    FailureReason::set("of before");
    FailureReason::clear();
    CHECK(FailureReason::get_or("none") == "none");
    FailureReason::set(std::string(limits::plugin_reason_max + 1, 'r'));
    CHECK(FailureReason::get_or("").size() == limits::plugin_reason_max);
}

TEST_CASE("reasons: start, stop, and the ends of exchanges and visits", "[plugin]") {
    PluginRig rig;
    rig.add<ThrowsInLife>();
    rig.instances.start(*rig.chain.instances.front());
    CHECK(rig.log.count("a plugin logs plugin=life text=start() threw an exception: no socket") == 1);
    rig.begin();
    CHECK(rig.ask() == Step::go_on);
    rig.end();
    CHECK(rig.log.count("text=on_close() threw an exception: no file") == 1);
    rig.worker.reset();
    rig.chain.instances.clear();
    rig.instances.destroy_retired();
    CHECK(rig.log.count("text=stop() threw an exception: not a std::exception") == 1);
}

TEST_CASE("reasons: logins, registrations and visits", "[plugin]") {
    SessionRig rig;
    rig.add<ThrowsInLife>();
    rig.login();
    CHECK(rig.ask() == Step::wait);
    rig.deliver();
    CHECK(rig.ask() == Step::go_on);
    CHECK(rig.chain.log.count("why=what it gave to LaterOf::resume() threw an exception: no user") == 1);
    rig.registration();
    CHECK(rig.ask() == Step::go_on);
    CHECK(rig.chain.log.count("why=it used Decision::respond(), which is for requests only") == 1);
    rig.visit();
    CHECK(rig.ask() == Step::go_on);
    rig.close();
    CHECK(rig.chain.log.count("text=on_visit_close() threw an exception: no count") == 1);
}
