#include "plugin_command.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string_view>
#include <utility>

#include "ferrotunnel/detail/nearest.hpp"
#include "ferrotunnel/plugin_abi.h"
#include "ferrotunnel/plugin_info.hpp"
#include "help.hpp"
#include "new_file.hpp"
#include "print_error.hpp"
#include "printable.hpp"
#include "problems.hpp"

namespace ferrotunnel::cli {
namespace {

using Json = nlohmann::ordered_json;

std::string listed(const std::vector<std::string>& words) {
    return words.empty() ? "nothing" : fmt::format("{}", fmt::join(words, ", "));
}

Json json_of(const PluginFileInfo& file, const PluginTypeInfo& type) {
    return {{"name", type.name},
            {"version", type.version},
            {"summary", type.summary},
            {"hooks", type.hooks},
            {"guard", type.is_guard},
            {"file", file.file},
            {"usable", file.problems.empty() && type.problems.empty()}};
}

void print_type(const PluginTypeInfo& type) {
    print_line(fmt::format("{} {}{}{}", type.name, type.version, type.summary.empty() ? "" : ": ", type.summary));
    print_line(fmt::format("  hooks: {}; when it fails, requests {}", listed(type.hooks),
                           type.is_guard ? "are rejected (guard)" : "continue"));
}

ExitCode list(bool as_json) {
    const std::vector<PluginFileInfo> files = shipped_plugins();
    std::string json;
    for (const PluginFileInfo& file : files) {
        for (const PluginTypeInfo& type : file.types) {
            json +=
                (json.empty() ? "" : ",\n ") + json_of(file, type).dump(-1, ' ', true, Json::error_handler_t::replace);
            if (!as_json) {
                print_type(type);
            }
        }
        if (!file.is_usable()) {
            print_error("warning: {} cannot be used; `ferrotunnel plugin check` shows why\n", printable(file.file));
        }
    }
    const std::string fault = shipped_plugins_fault();
    if (!fault.empty()) {
        print_error("warning: the shipped plugins are ignored: {}\n", printable(fault));
    }
    if (as_json) {
        fmt::print("[{}]\n", json);
    } else if (files.empty() && fault.empty()) {
        print_line("there are no plugins in " + shipped_plugins_folder());
    }
    return ExitCode::ok;
}

ExitCode check(const std::string& file) {
    const PluginFileInfo info = inspect_plugin(file);
    std::vector<std::string> problems = info.problems;
    for (const PluginTypeInfo& type : info.types) {
        problems.insert(problems.end(), type.problems.begin(), type.problems.end());
    }
    if (!problems.empty()) {
        print_error("{}: {} problem{}\n", printable(file), problems.size(), problems.size() == 1 ? "" : "s");
        for (const std::string& problem : problems) {
            print_error("  {}\n", printable(problem));
        }
        return ExitCode::usage;
    }
    print_line("ok: " + file);
    print_line(fmt::format("built for version {}.{} of the interface; this program has 1.{}", 1, info.abi_minor,
                           static_cast<int>(FT_ABI_MINOR)));
    for (const PluginTypeInfo& type : info.types) {
        print_type(type);
        print_line(type.schema.empty() ? "  has no settings" : "  has settings, which its schema describes");
        if (!type.needs.empty()) {
            print_line("  needs " + listed(type.needs));
        }
    }
    return ExitCode::ok;
}

bool is_plugin_name(std::string_view name) {
    const auto fits = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'; };
    return !name.empty() && name.size() <= 64 && name.front() >= 'a' && name.front() <= 'z' && name.back() != '-' &&
           std::all_of(name.begin(), name.end(), fits);
}

ExitCode begin_new(const std::string& name, const std::filesystem::path& folder) {
    if (!is_plugin_name(name)) {
        fail_usage("plugin", name,
                   "is not a valid name for a plugin: expected up to 64 small letters, digits and '-', like my-plugin");
    }
    const std::vector<PluginSource> files = new_plugin(name);
    for (const PluginSource& file : files) {
        if (is_there(folder / file.name)) {
            fail_usage("plugin", (folder / file.name).string(), "already exists; nothing was written");
        }
    }
    make_new_folder(folder);
    for (const PluginSource& file : files) {
        write_new(folder / file.name, file.text);
    }
    print_line("wrote " + folder.string() + "; its README.md explains how to build, test and load it");
    return ExitCode::ok;
}

/// The words of a subcommand: its operand and its own option.
struct Words {
    std::string operand;
    bool json = false;
    std::string folder;
};

Words read(const std::string& command, const std::vector<std::string>& words) {
    const std::vector<std::string> options{"--json", "--dir"};
    Words read;
    for (std::size_t i = 0; i < words.size(); ++i) {
        const std::string& word = words[i];
        if (command == "list" && word == "--json") {
            read.json = true;
        } else if (command == "new" && (word == "--dir" || word.starts_with("--dir="))) {
            const bool has_next = word == "--dir" && i + 1 < words.size();
            read.folder = has_next ? words[++i] : word == "--dir" ? "" : word.substr(6);
            if (read.folder.empty()) {
                fail_usage("plugin", "--dir", "has no value: expected a directory");
            }
        } else if (word.starts_with('-')) {
            fail_usage("plugin", word,
                       "no such option of `plugin " + command + "`" + detail::did_you_mean(word, options));
        } else if (command == "list" || !read.operand.empty()) {
            fail_usage("plugin", word, "unexpected");
        } else {
            read.operand = word;
        }
    }
    if (read.operand.empty() && command != "list") {
        fail_usage("plugin", command == "new" ? "NAME" : "FILE",
                   command == "new" ? "missing: a name for the plugin" : "missing: the plugin's file, like hello.so");
    }
    return read;
}

}  // namespace

const CommandInfo& plugin_info() {
    static const CommandInfo info{
        "plugin",
        "list plugins, check one, or write a new one",
        "list|check FILE|new NAME",
        "  ferrotunnel plugin list\n"
        "  ferrotunnel plugin new hello\n"
        "  cd hello && g++ -std=c++20 -O2 -shared -fPIC -o hello.so hello.cpp\n"
        "  ferrotunnel plugin check hello.so\n"
        "Then name it in the server's configuration; `ferrotunnel check` validates its settings:\n"
        "  server:\n"
        "    plugins:\n"
        "      load: [hello/hello.so]\n"
        "      chain:\n"
        "        - hello: {greeting: Good morning}\n"
        "\n"
        "list   shows the installed plugins, or those in the folder FERROTUNNEL_PLUGINS: what they do, which\n"
        "       hooks they use, and whether requests are rejected (guard) or continue when they fail.\n"
        "check  loads a file, as a server would, and shows its plugins and why they cannot be used. That\n"
        "       runs code of the file: check only what you trust.\n"
        "new    writes a small plugin with its test, CMakeLists.txt and README.md to a new folder. It\n"
        "       overwrites nothing.\n",
        {{"Options",
          {{"json", "", "Print the list as one JSON array"},
           {"dir", "DIRECTORY", "Folder for a new plugin (default NAME)"}}}},
        CommandInfo::Kind::plugin};
    return info;
}

ExitCode run_plugin(Arguments arguments) {
    std::vector<std::string> words = std::move(arguments.words);
    if (words.empty()) {
        fail_usage("plugin", "plugin", "needs a command: list, check or new");
    }
    if (print_help_if_requested(plugin_info(), words)) {
        return ExitCode::ok;
    }
    const std::string command = words.front();
    words.erase(words.begin());
    const std::vector<std::string> known{"list", "check", "new"};
    if (std::find(known.begin(), known.end(), command) == known.end()) {
        fail_usage("plugin", command, "no such command of `plugin`" + detail::did_you_mean(command, known));
    }
    const Words said = read(command, words);
    return command == "list"    ? list(said.json)
           : command == "check" ? check(said.operand)
                                : begin_new(said.operand, said.folder.empty() ? said.operand : said.folder);
}

}  // namespace ferrotunnel::cli
