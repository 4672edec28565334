// The sections of a configuration file, one function each.
#pragma once

#include "config/reader.hpp"
#include "settings/file.hpp"

namespace ferrotunnel::detail {

/// What the functions below share: the file under construction, and what concerns it as a whole.
struct ConfigReading {
    ConfigFile& file;
    bool others_can_read = false;
};

ServerPart read_server(config::Section section, ConfigReading& reading);
ClientPart read_client(config::Section section, ConfigReading& reading);
LogPart read_log(config::Section section);

/// A key of a section, whose place is kept for what build() will say about it.
class SectionReader {
public:
    SectionReader(config::Section& section, ConfigReading& reading, Origins& origins)
        : section_(section), reading_(reading), origins_(origins) {}

    /// `setting`: as the builder calls it; empty where it has nothing to say about it.
    std::optional<config::Value> find(const std::string& key, const std::string& setting = {});
    /// The same in another section of the same part.
    std::optional<config::Value> find_in(config::Section& section, const std::string& key, const std::string& setting);

    /// What server and client have in common.
    void read_common(CommonValues& settings, ProgramValues& program);
    /// `http` of a server.
    void read_http(HttpServerSettings& http);
    void read_https(Https& https);

private:
    void read_timing(Timing& timing);
    void read_hsts(config::Section& https, std::optional<Hsts>& hsts);
    /// The keys below one; none where that is not there, so that all that could be there are known.
    config::Section group(config::Section& section, const std::string& key, const std::string& setting);

    config::Section& section_;
    ConfigReading& reading_;
    Origins& origins_;
};

/// A token: `file:PATH`, `env:NAME`, or the text itself, which is warned about. Nothing, and a problem, if it is none.
std::optional<Secret> read_secret(config::Value value, ConfigReading& reading);

/// What logs call it: the name of its file, or nothing.
std::string token_name_of(const config::Value& value);

/// The services of a client. `server`: the file's own, if there is one.
void read_services(const config::Value& list, const std::optional<ServerPart>& server, ClientPart& part);

}  // namespace ferrotunnel::detail
