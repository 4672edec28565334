// The plugins of a Server: made before anybody can come in, destroyed when no worker runs any more.
#include <chrono>
#include <utility>

#include "api/server_impl.hpp"
#include "plugin/host.hpp"
#include "settings/plugins.hpp"

namespace ferrotunnel {

std::error_code Server::Impl::open_plugins(std::string& what) {
    if (settings_.plugins.empty()) {
        return {};
    }
    plugin::set_clock([] {
        return static_cast<std::uint64_t>(
            std::chrono::duration_cast<std::chrono::nanoseconds>(Clock::now().time_since_epoch()).count());
    });
    std::vector<Problem> problems;  // what was right when this object was built can be wrong now: a file may be gone
    auto chain = std::make_shared<plugin::Chain>();
    for (detail::PreparedPlugin& each : detail::prepare_plugins(settings_.plugins, problems)) {
        auto made = instances_.make(each.prepared, std::move(each.options));
        if (!made) {
            what = made.error();
            return errc::invalid_argument;
        }
        chain->instances.push_back(std::move(*made));
    }
    if (!problems.empty()) {
        what = to_text(problems.front());
        return errc::invalid_argument;
    }
    for (const auto& instance : chain->instances) {
        instance->start();
    }
    chain_ = std::move(chain);
    return {};
}

// Ends the plugins that nobody holds any more. Others, which a thread of a plugin's own is just deciding with, end with
// this object.
void Server::Impl::close_plugins() {
    chain_.reset();
    instances_.bury();
}

}  // namespace ferrotunnel
