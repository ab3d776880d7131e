@"%~dp0..\..\.cache\node24\node_modules\node\bin\node.exe" --disable-warning=ExperimentalWarning "%~dp0boot.ts" %*
