#include "inspect/inspector.hpp"

#include <new>
#include <utility>

#include "inspect/connection_tap.hpp"
#include "inspect/http_tap.hpp"

namespace ferrotunnel::inspect {

std::unique_ptr<Tap> Inspector::http_tap(Origin origin) noexcept {
    try {
        return std::make_unique<HttpTap>(shared_from_this(), std::move(origin));
    } catch (const std::bad_alloc&) {
        return nullptr;
    }
}

std::unique_ptr<Tap> Inspector::connection_tap(Origin origin) noexcept {
    try {
        return std::make_unique<ConnectionTap>(*this, std::move(origin));
    } catch (const std::bad_alloc&) {
        return nullptr;
    }
}

}  // namespace ferrotunnel::inspect
