// Which tunnel files belong to.
#include <algorithm>
#include <array>
#include <string_view>

#include "recognise.hpp"

namespace ferrotunnel::cli::importing {
namespace {

struct Tool {
    std::string_view name;
    bool (*looks_like)(const Source&);
    Draft (*read)(std::span<const Source>);
};

constexpr std::array<Tool, 4> known_tools{{{"rathole", looks_like_rathole, read_rathole},
                                           {"ngrok", looks_like_ngrok, read_ngrok},
                                           {"cloudflared", looks_like_cloudflared, read_cloudflared},
                                           {"frp", looks_like_frp, read_frp}}};

}  // namespace

Draft read_files(std::span<const Source> sources) {
    const Tool* found = nullptr;
    for (const Source& source : sources) {
        const auto* const tool =
            std::ranges::find_if(known_tools, [&source](const Tool& each) { return each.looks_like(source); });
        if (tool == known_tools.end()) {
            throw SourceError(source.file, 0,
                              "is not a configuration of frp, rathole, ngrok or cloudflared that is known here");
        }
        if (found != nullptr && found != tool) {
            throw SourceError(source.file, 0,
                              "is a configuration of " + std::string(tool->name) + ", and the file before it of " +
                                  std::string(found->name) + ": import them one after the other");
        }
        found = tool;
    }
    return found->read(sources);
}

}  // namespace ferrotunnel::cli::importing
