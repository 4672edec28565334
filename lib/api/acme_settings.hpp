// From the settings of ACME to those of the engine's part.
#pragma once

#include "issuance/local_names.hpp"
#include "issuance/settings.hpp"
#include "settings/settings.hpp"

namespace ferrotunnel::detail {

/// The settings of certificates from CAs, of checked settings with ACME. The listeners are those that are set: whether
/// they could be opened is up to the caller.
issuance::Settings issuance_settings(const ServerSettings& settings);

/// Those of the server's own CA, of checked settings with `https.self`.
issuance::LocalSettings local_settings(const ServerSettings& settings);

}  // namespace ferrotunnel::detail
