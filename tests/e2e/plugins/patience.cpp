// A plugin for plugin_waiting.sh: requests for /wait wait until one for /release comes; /count tells how many do.
#include <ferrotunnel/plugin.hpp>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

using namespace ferrotunnel::plugin;

namespace {

class Patience final : public Plugin {
public:
    static constexpr Description description{.name = "patience", .version = "1", .guard = true};

    void stop() override { held_.clear(); }

    Decision on_request(Exchange& exchange) override {
        if (exchange.path() == "/release") {
            return Decision::respond({200, {}, std::to_string(release()) + "\n"});
        }
        if (exchange.path() == "/count") {
            const std::lock_guard lock(mutex_);
            return Decision::respond({200, {}, std::to_string(waiting_) + "\n"});
        }
        if (exchange.path() != "/wait") {
            return Decision::go_on();
        }
        return exchange.later([&](Later later) {
            exchange.state<Waits>().is_counted = true;
            const std::lock_guard lock(mutex_);
            held_.push_back(std::move(later));
            ++waiting_;
        });
    }
    void on_close(Exchange& exchange, const Outcome&) override {
        if (exchange.path() == "/wait" && exchange.state<Waits>().is_counted) {
            const std::lock_guard lock(mutex_);
            --waiting_;
        }
    }

private:
    struct Waits {
        bool is_counted = false;
    };

    std::size_t release() {
        std::vector<Later> held;
        {
            const std::lock_guard lock(mutex_);
            held.swap(held_);
        }
        for (Later& each : held) {
            std::move(each).resume([](Exchange&) { return Decision::respond({200, {}, "decided\n"}); });
        }
        return held.size();
    }

    std::mutex mutex_;
    std::vector<Later> held_;  // also of those whose visitors have gone
    std::size_t waiting_ = 0;  // exchanges that were held and are not over
};

}  // namespace

extern "C" __attribute__((visibility("default"))) const ft_library* ferrotunnel_plugin_v1(const ft_host* host) {
    return library<Patience>(host);
}
