#include "ferrotunnel/event.hpp"

namespace ferrotunnel {

std::string_view name_of(Event::Kind kind) noexcept {
    switch (kind) {
        case Event::Kind::connected:
            return "connected";
        case Event::Kind::joined:
            return "joined";
        case Event::Kind::degraded:
            return "degraded";
        case Event::Kind::lost:
            return "lost";
        case Event::Kind::reconnecting:
            return "reconnecting";
        case Event::Kind::registered:
            return "registered";
        case Event::Kind::refused:
            return "refused";
        case Event::Kind::unregistered:
            return "unregistered";
        case Event::Kind::unhealthy:
            return "unhealthy";
        case Event::Kind::healthy:
            return "healthy";
        case Event::Kind::waiting:
            return "waiting";
        case Event::Kind::resumed:
            return "resumed";
        case Event::Kind::draining:
            return "draining";
        case Event::Kind::reloaded:
            return "reloaded";
        case Event::Kind::kicked:
            return "kicked";
        case Event::Kind::took_over:
            return "took_over";
        case Event::Kind::replaced:
            return "replaced";
        case Event::Kind::stopped:
            return "stopped";
    }
    return "unknown";
}

}  // namespace ferrotunnel
