#include "exchange/http_settings.hpp"

#include <algorithm>

namespace ferrotunnel::exchange {

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

}  // namespace ferrotunnel::exchange
