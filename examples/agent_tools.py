"""An agent's side of `medrag mcp`: the process is started, its tools listed, and two of them called."""

import asyncio
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from mcp import Client, StdioServerParameters

from medrag import build

LABELS = Path(__file__).resolve().parent.parent / "kb" / "labels" / "zh"


async def use(folder: Path) -> None:
    """Asks by the protocol."""
    process = StdioServerParameters(command=sys.executable, args=["-m", "medrag", "mcp", "--kb", str(folder)])
    async with Client(process) as client:
        print(", ".join(tool.name for tool in (await client.list_tools()).tools))
        answer = await client.call_tool("ask", {"question": "阿司匹林肠溶片的禁忌是什么？"})
        print((answer.structured_content or {})["answer"])
        checked = await client.call_tool("check_interaction", {"medicines": ["阿司匹林肠溶片", "布洛芬混悬液"]})
        for finding in (checked.structured_content or {})["findings"]:
            print(finding["severity"], finding["kind"], " + ".join(finding["medicines"]))


with TemporaryDirectory() as folder:
    build(LABELS, Path(folder) / "my.kb")
    asyncio.run(use(Path(folder) / "my.kb"))
