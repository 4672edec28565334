// Key tables of a client's services.
#include <vector>

#include "base/limits.hpp"
#include "ferrotunnel/visit.hpp"
#include "settings/key_tables.hpp"
#include "settings/service.hpp"
#include "wire/control.hpp"

namespace ferrotunnel::detail {
namespace {

constexpr SettingFacts of_client_section[] = {
    {.key = "services",
     .type = "list of services",
     .help = "Services to offer. Required without `visits`.",
     .keys = service_keys},
    {.key = "disabled",
     .type = "list of services that are off",
     .help = "Services of this configuration that are not offered, up to 1,024. Names that no service has are ignored. "
             "`ferrotunnel services disable` writes it into `conf.d/90-runtime.yml`; by hand, use `enabled: off` in "
             "the service.",
     .keys = disabled_service_keys},
};

}  // namespace

std::span<const SettingFacts> client_section_keys() noexcept {
    return of_client_section;
}

}  // namespace ferrotunnel::detail
