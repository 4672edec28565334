# The texts that `ferrotunnel version --licenses` prints: of FerroTunnel, and of each library that is inside the program.
# Debian's packages have the latter in /usr/share/doc; a library that is not of a package is named without its text.

# ft_write_licences(target LIBRARIES): each of the libraries is "name|package|SPDX expression".
function(ft_write_licences target libraries)
  file(READ ${PROJECT_SOURCE_DIR}/LICENSE text)
  file(READ ${PROJECT_SOURCE_DIR}/third_party/uplot/LICENSE uplot)
  string(PREPEND text "FerroTunnel\n\n")
  if(FERROTUNNEL_STATIC)
    string(APPEND text "\nThe libraries below are linked into this program. Their sources are those of Debian's packages "
      "in the\nversions that `ferrotunnel version --libraries` prints. The source of FerroTunnel links the program again,\n"
      "also with modified libraries: scripts/release.\n")
  endif()
  string(APPEND text "\nThese are inside the program:\n\n==== uPlot: MIT\n\n${uplot}")
  set(common "")
  foreach(library IN LISTS libraries)
    string(REPLACE "|" ";" fields "${library}")
    list(GET fields 0 name)
    list(GET fields 1 package)
    list(GET fields 2 licence)
    string(APPEND text "\n==== ${name}: ${licence}\n")
    set(file /usr/share/doc/${package}/copyright)
    if(EXISTS ${file})
      file(READ ${file} copyright)
      string(APPEND text "\n${copyright}")
    endif()
    string(REGEX MATCHALL "(Apache-2\\.0|LGPL-2\\.1|GPL-3|CC0-1\\.0)" named "${licence}")
    list(APPEND common ${named})
  endforeach()

  # Texts that the files of packages only refer to.
  list(REMOVE_DUPLICATES common)
  list(SORT common)
  foreach(name IN LISTS common)
    if(EXISTS /usr/share/common-licenses/${name})
      file(READ /usr/share/common-licenses/${name} licence)
      string(APPEND text "\n==== ${name}\n\n${licence}")
    endif()
  endforeach()
  file(CONFIGURE OUTPUT ${CMAKE_CURRENT_BINARY_DIR}/made/licences.cpp @ONLY CONTENT
    "// Made by cmake/licences.cmake.
namespace ferrotunnel::cli {

extern const char* const licences;
const char* const licences = R\"licences(@text@)licences\";

}  // namespace ferrotunnel::cli
")
  target_sources(${target} PRIVATE ${CMAKE_CURRENT_BINARY_DIR}/made/licences.cpp)
endfunction()
