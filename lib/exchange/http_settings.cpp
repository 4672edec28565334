#include "exchange/http_settings.hpp"

#include <algorithm>
#include <chrono>
#include <limits>

#include "base/limits.hpp"

namespace ferrotunnel::exchange {

HttpServiceSettings::HttpServiceSettings(const HttpServerSettings& of) noexcept
    : backend_connect(of.backend_connect_timeout),
      first_byte(of.first_byte_timeout),
      body_bytes_per_second_min(of.body_rate),
      body_grace(of.body_grace),
      upgraded_idle(of.upgraded_idle_timeout),
      upgrades(of.upgrades),
      body_bytes_max(of.body_max != 0 ? of.body_max : limits::http_body_bytes_max) {}

HttpServiceSettings settings_for(const HttpServiceSettings& usual, const directory::HttpServiceLimits& own) noexcept {
    HttpServiceSettings settings = usual;
    settings.backend_connect = own.backend_connect.value_or(usual.backend_connect);
    settings.first_byte = own.first_byte.value_or(usual.first_byte);
    settings.upgraded_idle = own.upgraded_idle.value_or(usual.upgraded_idle);
    settings.body_bytes_per_second_min = own.body_bytes_per_second_min.value_or(usual.body_bytes_per_second_min);
    settings.upgrades = usual.upgrades && own.upgrades;
    settings.body_bytes_max = std::min(usual.body_bytes_max, own.body_bytes_max.value_or(usual.body_bytes_max));
    return settings;
}

HttpServiceSettings settings_for_member(const HttpServiceSettings& usual) noexcept {
    constexpr Duration unlimited = std::chrono::hours(24 * 365);
    HttpServiceSettings settings = usual;
    settings.first_byte = unlimited;
    settings.upgraded_idle = unlimited;
    settings.upgrades = true;
    settings.body_bytes_max = std::numeric_limits<std::uint64_t>::max();
    return settings;
}

}  // namespace ferrotunnel::exchange
