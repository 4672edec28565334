#include "plugin/test_chain.hpp"

#include <algorithm>
#include <atomic>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <utility>

#include "plugin/condition.hpp"
#include "plugin/decision_tap.hpp"
#include "plugin/host.hpp"
#include "plugin/prepared.hpp"
#include "plugin/scope.hpp"

namespace ferrotunnel::plugin {
namespace {

// The clock of all chains in a process: their number, the time, and the previous clock.
Mutex clock_mutex;
int clock_users = 0;
PluginClock clock_before = nullptr;
std::atomic<std::uint64_t> clock_ns{3'600'000'000'000};

config::SecretSource secrets_of_test() {
    config::SecretSource source;
    source.read_file = [](const std::string& path) -> Result<std::string, config::FileError> {
        std::ifstream file(path);
        if (!file) {
            return config::FileError{"cannot read the file \"" + path + "\""};
        }
        std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
        text.erase(text.find_last_not_of("\r\n") + 1);
        return text;
    };
    return source;
}

Result<Prepared, std::vector<config::Finding>> prepared(const PluginUse& use) {
    if (use.library == nullptr) {
        return std::vector<config::Finding>{{{}, {}, "has no library"}};
    }
    return prepare(use.library, use.type, use.settings, secrets_of_test());
}

std::string words_of(const std::vector<config::Finding>& findings) {
    std::string lines;
    for (const config::Finding& finding : findings) {
        lines += (lines.empty() ? "" : "\n") + finding.path + (finding.path.empty() ? "" : ": ") + finding.text;
    }
    return lines;
}

// Reads the scope and the condition. Throws std::invalid_argument.
void read_where_and_when(const PluginUse& use, const std::string& place, InstanceOptions& options) {
    auto scope = read_scope(ScopeTexts::of(use));
    if (!scope) {
        const ScopeFault& fault = scope.error().front();
        throw std::invalid_argument(place + fault.key + "[" + std::to_string(fault.item) + "]: " + fault.text);
    }
    options.scope = std::move(*scope);
    if (!use.when.empty()) {
        auto condition = compile_condition(use.when);
        if (!condition) {
            throw std::invalid_argument(place + "when: " + condition.error().text);
        }
        options.when = std::move(*condition);
    }
}

InstanceOptions options_of(const PluginUse& use, const Type& type, std::size_t index, const std::string& place) {
    InstanceOptions options;
    read_where_and_when(use, place, options);
    options.id = !use.id.empty() ? use.id : index == 0 ? type.name : type.name + "-" + std::to_string(index + 1);
    options.closed = use.on_failure == PluginFailure::usual ? type.is_guard : use.on_failure == PluginFailure::closed;
    options.observe = use.observe;
    return options;
}

}  // namespace

// --- log and doorbell ---

void TestLog::write(LogLevel, std::string_view message, std::initializer_list<LogField> fields) noexcept try {
    std::string line(message);
    for (const LogField& field : fields) {
        line += " " + std::string(field.key) + "=" + field.value;
    }
    const MutexLock lock(mutex_);
    lines_.push_back(std::move(line));
} catch (const std::exception&) {  // no memory for it
}

std::vector<std::string> TestLog::lines() const {
    const MutexLock lock(mutex_);
    return lines_;
}

void TestDoorbell::ring() noexcept {
    const MutexLock lock(mutex_);
    has_rung_ = true;
    rung_.notify_all();
}

bool TestDoorbell::wait_until(std::chrono::steady_clock::time_point until) {
    ReleasableLock lock(mutex_);
    return rung_.wait_until(lock, until, [this]() REQUIRES(mutex_) { return std::exchange(has_rung_, false); });
}

// --- the chain ---

TestChain::Impl::Impl(const std::vector<PluginUse>& plugins, DecisionTime when_in) : when(when_in) {
    auto made_chain = std::make_shared<Chain>();
    if (plugins.empty()) {
        throw std::invalid_argument("there are no plugins");
    }
    for (const PluginUse& use : plugins) {
        const std::string place = "plugins[" + std::to_string(made_chain->instances.size()) + "]: ";
        auto ready = prepared(use);
        if (!ready) {
            throw std::invalid_argument(place + words_of(ready.error()));
        }
        auto made = instances.make(*ready, options_of(use, ready->type, made_chain->instances.size(), place));
        if (!made) {
            throw std::invalid_argument(place + made.error());
        }
        made_chain->instances.push_back(std::move(*made));
    }
    chain = std::move(made_chain);
    {
        const MutexLock lock(clock_mutex);
        if (clock_users++ == 0) {
            clock_before = set_clock([] { return clock_ns.load(std::memory_order_relaxed); });
        }
    }
    for (const auto& instance : chain->instances) {
        instances.start(*instance);
    }
    worker = std::make_unique<WorkerPlugins>(chain, WaitSettings{}, mailbox);
    if (when != DecisionTime::as_it_comes) {
        DecisionTap::instance().close();
    }
}

// Decisions that nothing waits for any more may arrive until the plugins have stopped.
TestChain::Impl::~Impl() {
    if (when != DecisionTime::as_it_comes) {
        DecisionTap::instance().open();
    }
    mailbox->deliver_all();
    mailbox->close();
    worker.reset();
    chain.reset();
    instances.finish();
    const MutexLock lock(clock_mutex);
    if (--clock_users == 0) {
        set_clock(clock_before);
    }
}

TimePoint TestChain::Impl::now() noexcept {
    return TimePoint(std::chrono::nanoseconds(clock_ns.load(std::memory_order_relaxed)));
}

void TestChain::Impl::advance(std::chrono::nanoseconds time) {
    clock_ns.fetch_add(static_cast<std::uint64_t>(std::max(time, std::chrono::nanoseconds(0)).count()),
                       std::memory_order_relaxed);
    for (TestWaiter* const waiter : std::vector(waiters)) {
        deliver(*waiter);
        if (waiter->waits() && now() >= waiter->wait_until()) {
            waiter->expire();
            waiter->ask_again();
        }
    }
}

void TestChain::Impl::deliver(TestWaiter& waiter) {
    mailbox->deliver_all();
    if (waiter.take_decided()) {
        waiter.ask_again();
    }
}

void TestChain::Impl::settle(TestWaiter& waiter) {
    DecisionTap& tap = DecisionTap::instance();
    while (waiter.waits() && when != DecisionTime::as_it_comes) {
        if (when == DecisionTime::never) {
            advance(waiter.wait_until() - now());
            continue;
        }
        if (!tap.wait(test_patience)) {
            throw std::runtime_error("a plugin did not decide within 30 s");
        }
        if (when == DecisionTime::late) {
            waiter.ask_again();
            advance(std::chrono::milliseconds(1));
        } else if (when == DecisionTime::after_end) {
            waiter.close();
        }
        tap.release(when == DecisionTime::twice ? 2 : 1);
        deliver(waiter);
    }
}

void TestChain::Impl::wait(TestWaiter& waiter) {
    const auto until = std::chrono::steady_clock::now() + test_patience;
    while (waiter.waits()) {
        deliver(waiter);
        if (waiter.waits() && mailbox->try_park()) {
            const bool has_rung = bell->wait_until(until);
            mailbox->unpark();
            if (!has_rung) {
                throw std::runtime_error("a plugin did not decide within 30 s");
            }
        }
    }
}

TestChain::TestChain(const std::vector<PluginUse>& plugins, DecisionTime when)
    : impl_(std::make_shared<Impl>(plugins, when)) {}
TestChain::TestChain(TestChain&&) noexcept = default;
TestChain& TestChain::operator=(TestChain&&) noexcept = default;
TestChain::~TestChain() = default;

TestExchange TestChain::request(const TestRequest& request) {
    auto exchange = std::make_shared<TestExchange::Impl>(impl_, request);
    exchange->begin();
    return TestExchange(std::move(exchange));
}

void TestChain::advance(std::chrono::nanoseconds time) {
    impl_->advance(time);
}

std::vector<std::string> TestChain::log() const {
    return impl_->log.lines();
}

DecisionTime TestChain::decision_time() const {
    return impl_->when;
}

std::string TestChain::problems_of(const PluginUse& plugin) {
    const auto ready = prepared(plugin);
    return ready ? std::string() : words_of(ready.error());
}

}  // namespace ferrotunnel::plugin
