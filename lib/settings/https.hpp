// The HTTPS listener's settings: their rows, reader and check.
#pragma once

#include <span>
#include <vector>

#include "ferrotunnel/error.hpp"
#include "ferrotunnel/https.hpp"
#include "settings/setting.hpp"

namespace ferrotunnel::detail {

class SectionReader;
struct ServerSettings;

/// A row for each setting of HTTPS.
std::span<const Setting<Https>> https_settings() noexcept;

/// The keys of `hsts`, here and of a service.
std::span<const SettingFacts> hsts_keys() noexcept;

/// Reads certificates, client certificates and HSTS.
void read_https_sections(SectionReader& reader, Https& https);

/// Appends all problems, and brings the address into normal form. Does not read files.
void check_https(ServerSettings& settings, std::vector<Problem>& problems);

}  // namespace ferrotunnel::detail
