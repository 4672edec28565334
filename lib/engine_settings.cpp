#include "engine_settings.hpp"

namespace ferrotunnel::detail {

mux::Settings mux_settings(mux::Role role, const Timing& timing) {
    mux::Settings settings;
    settings.role = role;
    settings.ping_after_quiet = timing.ping_after_quiet;
    settings.dead_after_quiet = timing.dead_after_quiet;
    settings.no_write_progress = timing.no_write_progress;
    settings.open_deadline = timing.open_deadline;
    return settings;
}

tunnel::Token engine_token(const Secret& secret) {
    return tunnel::parse_token(secret.reveal()).value();
}

wire::InstanceId new_instance(Random& random) {
    wire::InstanceId instance;
    random.fill(instance);
    return instance;
}

}  // namespace ferrotunnel::detail
