// The sections of a configuration file, one function each.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "config/reader.hpp"
#include "config/secret_text.hpp"
#include "settings/file.hpp"
#include "settings/rows.hpp"

namespace ferrotunnel::detail {

/// Shared context of the functions below: the file under construction, and its texts.
struct ConfigReading {
    ConfigFile& file;
    const std::vector<ConfigText>& texts;  // by Place::file

    const ConfigText& text_at(const config::Place& place) const { return texts.at(place.file); }
};

ServerPart read_server(config::Section section, ConfigReading& reading);
ClientPart read_client(config::Section section, ConfigReading& reading);
LogPart read_log(config::Section section);

/// Reads the settings of a side, and keeps their places for problems that build() may report.
class SectionReader {
public:
    SectionReader(config::Section section, const ConfigReading& reading, Origins& origins)
        : reading_(reading), origins_(origins) {
        groups_.emplace("", std::move(section));
    }

    /// Reads all settings that have a row, except sections.
    template <typename Values>
    void read_settings(Values& values) {
        Groups<Values>::visit([&](const GroupPlace& place, const auto& rows, const auto& part) {
            read_group(place, rows, part(values));
        });
        fit(values.timing);
    }
    template <typename Rows, typename Group>
    void read_group(const GroupPlace& place, const Rows& rows, Group& into) {
        for (const auto& setting : rows) {
            visit_value(setting, into, [&](auto& value) {
                const std::optional<config::Value> said = find(place, setting.key, setting.problem);
                if (said && read_value(setting, *said, value)) {
                    was_read_.insert(problem_path_of(place, setting));
                }
            });
        }
    }

    /// The value of a key, if present; its place is kept. `problem`: the setting's name in problems; empty: the key.
    std::optional<config::Value> find(const GroupPlace& place, std::string_view key, std::string_view problem = {});
    /// The keys of a group. A missing group has none, but its possible keys are looked up anyway.
    config::Section& group(const GroupPlace& place);
    /// The settings that were read, by their names in problems.
    const std::set<std::string>& was_read() const noexcept { return was_read_; }
    /// Reports keys that were not looked up.
    void finish();

private:
    void fit(Timing& timing) const;

    const ConfigReading& reading_;
    Origins& origins_;
    std::map<std::string, config::Section, std::less<>> groups_;
    std::set<std::string> was_read_;
};

void read_https_sections(SectionReader& reader, Https& https);
void read_traces_sections(SectionReader& reader, Traces& traces, ConfigReading& reading);

/// Reads a token: `file:PATH`, `env:NAME`, or the text itself, which gives a warning unless it comes from a variable.
/// Reports a problem and returns nothing if it is not a token.
std::optional<Secret> read_token(config::Value value, ConfigReading& reading);

/// Reads a password: `file:PATH`, `env:NAME`, or the text itself, as with a token.
std::optional<Secret> read_password(config::Value value, ConfigReading& reading);

/// Reads one of the tokens in a server's `token`: a plain token, or a group with its name and rights.
void read_server_token(config::Value value, std::vector<NamedToken>& tokens, ConfigReading& reading);

/// Warns about a secret in the file itself, unless it comes from a variable. `what`: "a token".
void warn_of_inline_secret(const config::Value& value, const std::string& what, ConfigReading& reading);

/// The source for config::read_secret(): files are registered as files of the configuration. `word`: the secret's name
/// in problems.
config::SecretSource secret_source(ConfigReading& reading, const std::string& word = "secret");

/// Reads the plugins of a server, and loads their libraries.
void read_plugins(SectionReader& reader, ServerValues& settings, ConfigReading& reading);

/// The file that a token is in; empty if it is not in a file.
std::string token_file_of(const config::Value& value);
/// The token's name in logs: that of its file; empty if it is not in a file.
std::string token_name_of(const config::Value& value);

/// Reads the key of a private service or of a visit to one. False if it is invalid, which was reported.
bool read_visit_key(const config::Value& value, ConfigReading& reading, VisitKey& into);

/// Reads the services that must prove a token of their own.
void read_guarded_services(const config::Value& list, ConfigReading& reading, std::vector<GuardedService>& services);

/// Reads the visits of a client.
void read_visits(const config::Value& list, ConfigReading& reading, std::vector<Visit>& visits);

/// Reads the services of a client. `server`: the server section of the same file, if there is one.
void read_services(const config::Value& list, ConfigReading& reading, ClientPart& part);
/// Maximum size of `by`, the user who disabled a service.
inline constexpr std::size_t disabled_by_max = 256;
/// Disables services that were read.
void read_disabled_services(const config::Value& list, ClientPart& part);

}  // namespace ferrotunnel::detail
