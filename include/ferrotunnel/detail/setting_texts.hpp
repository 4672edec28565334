// Settings as texts, for programs with command-line options such as `ferrotunnel server`.
#pragma once

#include <string>
#include <vector>

#include "ferrotunnel/client.hpp"
#include "ferrotunnel/error.hpp"
#include "ferrotunnel/export.hpp"
#include "ferrotunnel/server.hpp"

namespace ferrotunnel::detail {

/// The command-line option of a setting.
struct SettingOption {
    std::string path;     ///< of the key, in its section of a configuration file: "timing.ping_interval"
    std::string problem;  ///< the setting's name in Problem::key
    std::string name;     ///< without dashes: "ping-interval"
    std::string operand;  ///< name of its value in help, "TIME"; empty if it is a flag
    std::string topic;    ///< heading in help; options of one topic are adjacent
    std::string help;     ///< sentences, with the default; empty: the program parses and explains the option itself
    bool is_repeated = false;
    bool is_said = false;  ///< set by say(); otherwise the program parses it itself
    std::string brief;     ///< one line, with the default in parentheses; empty: only the full help lists it
    std::vector<std::string> words{};  ///< the valid values of a choice; for a path, words allowed instead
    bool is_path = false;              ///< of a file or folder
};

/// All settings that have an option.
FERROTUNNEL_EXPORT std::vector<SettingOption> server_options();
FERROTUNNEL_EXPORT std::vector<SettingOption> client_options();

struct SettingText {
    std::string path;
    std::vector<std::string> texts;  ///< all values of a list; otherwise only the last one applies
};

/// Sets settings of a builder from texts as in configuration files, but without variables. Returns the problems;
/// invalid values are not set (but the rest of a list is).
FERROTUNNEL_EXPORT std::vector<Problem> say(Server::Builder& builder, const std::vector<SettingText>& texts);
FERROTUNNEL_EXPORT std::vector<Problem> say(Client::Builder& builder, const std::vector<SettingText>& texts);

}  // namespace ferrotunnel::detail
